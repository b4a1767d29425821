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
  const rivals = parameters.filter((other) => isCounted(other) && (other.unit?.dimension ?? null) === dimension);
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

function isCounted({ kind }: Parameter): boolean {
  return kind === "number" || kind === "duration";
}

/** A duration as text with its unit: `2 hours` is `2h`. */
export function findDuration(work: Work, parameter: Parameter): Found {
  const found = findNumber(work, parameter);
  return found === null || "reason" in found ? found : { ...found, value: durationText(Number(found.value)) };
}

function durationText(seconds: number): string {
  const [unit, factor] = durations.find(([, size]) => seconds >= size && seconds % size === 0) ?? ["ms", 0.001];
  return `${Math.round(seconds / factor)}${unit}`;
}

const durations = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

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
