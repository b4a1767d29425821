import type { Token } from "./types.ts";

export type Dimension = "duration" | "size" | "rate";

/** A number of a sentence, with its unit when it has one. */
export interface Quantity {
  /** In seconds, bytes or per second, by dimension; null where the digits have two readings. */
  readonly value: number | null;
  readonly dimension: Dimension | null;
  /** First and last token. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** `by 20 GB`: says how much more, not how much. */
  readonly relative: boolean;
}

const units: ReadonlyMap<string, { dimension: Dimension; factor: number }> = new Map(
  (
    [
      ["duration", 0.001, "ms msec millisecond milliseconds"],
      ["duration", 1, "s sec secs second seconds sekunde sekunden"],
      ["duration", 60, "m min mins minute minutes minuten"],
      ["duration", 3_600, "h hr hrs hour hours stunde stunden"],
      ["duration", 86_400, "d day days tag tage tagen"],
      ["duration", 604_800, "w week weeks woche wochen"],
      ["duration", 1_209_600, "fortnight"],
      ["duration", 2_592_000, "month months"],
      ["duration", 31_536_000, "year years"],
      ["size", 1, "b byte bytes"],
      ["size", 1e3, "kb kilobyte kilobytes"],
      ["size", 1e6, "mb megabyte megabytes"],
      ["size", 1e9, "gb g gig gigs gigabyte gigabytes"],
      ["size", 1e12, "tb t terabyte terabytes"],
      ["size", 2 ** 10, "kib"],
      ["size", 2 ** 20, "mib"],
      ["size", 2 ** 30, "gib gi"],
      ["size", 2 ** 40, "tib ti"],
      ["rate", 1, "rps qps req/s reqs/s requests/s requests/sec requests/second"],
    ] as const
  ).flatMap(([dimension, factor, names]) => names.split(" ").map((name) => [name, { dimension, factor }] as const)),
);

const words: ReadonlyMap<string, number> = new Map([
  ..."zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
    .split(" ")
    .map((word, value) => [word, value] as const),
  ...([
    ["thirty", 30],
    ["forty", 40],
    ["fifty", 50],
    ["sixty", 60],
    ["ninety", 90],
    ["hundred", 100],
    ["thousand", 1_000],
    ["dozen", 12],
  ] as const),
]);

/** All numbers of a sentence, from left to right. Digits inside names, addresses and dates aren't numbers. */
export function quantitiesOf(tokens: readonly Token[]): Quantity[] {
  const found: Quantity[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const one = quantityAt(tokens, index);
    if (one === null) continue;
    const last = found.at(-1);
    // `1 hour 30 minutes` is one duration.
    if (
      last?.dimension === "duration" &&
      one.dimension === "duration" &&
      last.to === one.from - 1 &&
      last.value !== null &&
      one.value !== null &&
      tokens[last.to]?.ends !== true
    ) {
      found.pop();
      found.push({ ...last, value: last.value + one.value, to: one.to, text: `${last.text} ${one.text}` });
    } else found.push(one);
    index = one.to;
  }
  return found;
}

function quantityAt(tokens: readonly Token[], index: number): Quantity | null {
  const token = tokens[index];
  if (token === undefined || token.quoted) return null;
  const before = tokens[index - 1]?.lower;
  const relative = before === "by" || before === "another" || tokens[index + 1]?.lower === "more";
  const base = { from: index, relative: relative || token.text.startsWith("+") };
  const half = halfOf(tokens, index);
  if (half !== null) return { ...base, ...half, text: "half" };
  const compound = compoundDuration(token.lower);
  if (compound !== null) return { ...base, value: compound, dimension: "duration", to: index, text: token.text };
  const split = /^([+-]?\d[\d.,]{0,20})([a-z/]{0,20})$/.exec(token.lower);
  if (split === null && !/^(an?|one|[a-z]+)$/.test(token.lower)) return null;
  const article = token.lower === "a" || token.lower === "an";
  const value = split === null ? (article ? 1 : words.get(token.lower)) : readNumber(split[1] ?? "");
  if (value === undefined) return null;
  if (split?.[2]) {
    const unit = units.get(split[2]);
    return unit === undefined ? null : { ...base, ...times(value, unit), to: index, text: token.text };
  }
  const following = token.ends ? null : unitAt(tokens, index + 1);
  if (following !== null)
    return { ...base, ...times(value, following), to: following.to, text: `${token.text} ${following.name}` };
  return article ? null : { ...base, value, dimension: null, to: index, text: token.text };
}

function times(value: number | null, unit: { dimension: Dimension; factor: number }) {
  return { value: value === null ? null : round(value * unit.factor), dimension: unit.dimension };
}

function unitAt(tokens: readonly Token[], index: number) {
  const name = tokens[index]?.lower ?? "";
  const perSecond = /^(requests?|reqs?|calls|hits|queries)$/.test(name);
  if (
    perSecond &&
    /^(per|a|each|every)$/.test(tokens[index + 1]?.lower ?? "") &&
    /^(second|sec|s)$/.test(tokens[index + 2]?.lower ?? "")
  )
    return { dimension: "rate" as const, factor: 1, to: index + 2, name: `${name} per second` };
  const unit = tokens[index]?.quoted === true ? undefined : units.get(name);
  return unit === undefined ? null : { ...unit, to: index, name };
}

function halfOf(tokens: readonly Token[], index: number) {
  if (tokens[index]?.lower !== "half") return null;
  const at = /^an?$/.test(tokens[index + 1]?.lower ?? "") ? index + 2 : index + 1;
  const unit = units.get(tokens[at]?.lower ?? "");
  return unit?.dimension === "duration" ? { ...times(0.5, unit), to: at } : null;
}

/** `1h30m`, `2d12h`. */
function compoundDuration(word: string): number | null {
  if (!/^(\d{1,6}[dhms]){2,4}$/.test(word)) return null;
  return (word.match(/\d+[dhms]/g) ?? []).reduce((sum, part) => {
    return sum + Number(part.slice(0, -1)) * (units.get(part.slice(-1))?.factor ?? 0);
  }, 0);
}

/**
 * Digits as people write them. `1,500` is a thousand and a half, `2,5` and `2.5` are two and a half, `1.200,5` and `1,200.5` the same.
 * `1.500` is a thousand and a half in German and one and a half in English: null, so that it is asked for. Undefined for what
 * isn't a number, such as `1.2.3`.
 */
export function readNumber(text: string): number | null | undefined {
  const digits = text.replace(/[.,]+$/, "").replace(/^\+/, "");
  if (/^-?\d{1,15}$/.test(digits)) return Number(digits);
  if (/^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(digits)) return Number(digits.replaceAll(",", ""));
  if (/^-?\d{1,3}(\.\d{3})+,\d+$/.test(digits) || /^-?\d{1,3}(\.\d{3}){2,}$/.test(digits))
    return Number(digits.replaceAll(".", "").replace(",", "."));
  if (/^-?[1-9]\d{0,2}\.\d{3}$/.test(digits)) return null;
  if (/^-?\d{1,15}[.,]\d{1,9}$/.test(digits)) return Number(digits.replace(",", "."));
  return undefined;
}

/** Ten digits: what multiplying by a unit adds in the sixteenth isn't meant. */
function round(value: number): number {
  return Number(value.toPrecision(10));
}
