import type { Parameter } from "./parameters.ts";
import { stem, termsOf } from "./terms.ts";
import type { Token } from "./types.ts";
import { negations } from "./vocabulary.ts";
import { ambiguous, free, type Found, type Work } from "./work.ts";

export function findBoolean(work: Work, parameter: Parameter): Found {
  const { sentence, taken } = work;
  const isSwitch = [...parameter.cues].some((cue) => switches.has(cue) || cue === "activ" || cue === "on");
  if (isSwitch) return findSwitch(work);
  const words = [...parameter.cues];
  const [index] = free(work, ({ lower, quoted }) => !quoted && words.includes(stem(lower)));
  if (index === undefined || taken.has(index)) return null;
  return { value: !isNegated(sentence.tokens, index), tokens: [index] };
}

const switches: ReadonlyMap<string, boolean> = new Map(
  (
    [
      [true, "enable activate turnon switchon"],
      [false, "disable deactivate turnoff switchoff"],
    ] as const
  ).flatMap(([value, words]) => words.split(" ").map((word) => [stem(word), value] as const)),
);

function findSwitch(work: Work): Found {
  const { tokens } = work.sentence;
  const said = termsOf(tokens, work.taken).flatMap(({ stem: word, tokens: at }) => {
    const value = switches.get(word);
    return value === undefined ? [] : [{ value, tokens: at }];
  });
  const set = free(work, ({ lower }, index) => /^(on|off)$/.test(lower) && tokens[index - 1]?.text === "=").map(
    (index) => ({
      value: tokens[index]?.lower === "on",
      tokens: [index],
    }),
  );
  const all = [...said, ...set];
  const [first] = all;
  if (first === undefined) return null;
  return all.every(({ value }) => value === first.value) ? first : ambiguous(["on", "off"], []);
}

/** `without a reboot`, `don't reboot`, `rebooting is not ok`. */
export function isNegated(tokens: readonly Token[], index: number): boolean {
  for (let at = index - 1; at >= Math.max(0, index - 3); at--) {
    if (tokens[at]?.ends === true) break;
    if (negations.has(tokens[at]?.lower ?? "")) return true;
  }
  if (tokens[index]?.ends === true) return false;
  return tokens.slice(index + 1, index + 3).some(({ lower }) => lower === "not" || lower === "isn't");
}
