import type { Parameter } from "./parameters.ts";
import type { Quantity } from "./quantities.ts";
import { relatives, stem } from "./terms.ts";
import type { Token } from "./types.ts";
import { ambiguous, type Found, type Work } from "./work.ts";

export function findNumber(work: Work, parameter: Parameter): Found {
  const { sentence, taken, parameters } = work;
  const dimension = parameter.unit?.dimension ?? null;
  const fitting = sentence.quantities.filter((one) => one.dimension === dimension && !taken.has(one.from));
  const arriving = fitting.filter((one) => sentence.tokens[one.from - 1]?.lower === "to");
  const candidates = arriving.length > 0 ? arriving : fitting;
  const near = candidates.filter((one) => isNear(sentence.tokens, one, parameter));
  const rivals = parameters.filter((other) => other.kind === "number" && (other.unit?.dimension ?? null) === dimension);
  const alone = rivals.length === 1 && (parameter.required || dimension !== null);
  const [chosen, ...others] = near.length > 0 ? near : alone ? candidates : [];
  if (chosen === undefined) return null;
  if (others.some(({ value }) => value !== chosen.value))
    return ambiguous(
      [chosen, ...others].map(({ text }) => text),
      [chosen, ...others].map(({ from }) => from),
    );
  return valueOf(chosen, parameter);
}

function valueOf({ value, text, relative, from, to }: Quantity, { unit }: Parameter): Found {
  const tokens = Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
  const quoted = JSON.stringify(text);
  if (value === null) {
    const detail = `${quoted} has two readings: write it without the separator.`;
    return { reason: "ambiguous", detail, options: [], tokens };
  }
  if (relative) {
    return { reason: "not_said", detail: `${quoted} says how much more, not how much in all.`, options: [], tokens };
  }
  return { value: Number((value / (unit?.factor ?? 1)).toPrecision(12)), tokens };
}

/** A word of the parameter's name stands at most four words before the number or two behind it. */
function isNear(tokens: readonly Token[], { from, to }: Quantity, { cues }: Parameter): boolean {
  const around = [...tokens.slice(Math.max(0, from - 4), from), ...tokens.slice(to + 1, to + 3)];
  return around.some(({ lower }) => {
    const word = stem(lower);
    return cues.has(word) || [...cues].some((cue) => relatives(cue).has(word));
  });
}
