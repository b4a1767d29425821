import type { Json } from "@gantry/sdk";
import { addressesIn, escaped, isVouched, sourceOf } from "./addresses.ts";
import type { GuardedCall, Seen } from "./types.ts";

/** In one answer; more at once are told to come one after the other. */
const atOnce = 32;
/** In one thinking. */
const inAll = 256;

/** Bounds how much one answer, and all of them, can set going. */
export function boundCalls({ nth }: GuardedCall, { sources }: Seen): string | null {
  if (nth > atOnce)
    return `too_many_calls: an answer may call ${atOnce} tools at once. Call the others in the next one.`;
  if (sources + nth > inAll) return `too_many_calls: you called ${inAll} tools. Answer with what you know.`;
  return null;
}

/** A model uses no secret that nobody told it to: where the tool takes it, it would go wherever the model says. */
export function nameSecrets({ input, runs }: GuardedCall, { vouched }: Seen): string | null {
  const unnamed = runs ? secretsIn(input).find((name) => !hasWord(vouched, name)) : undefined;
  return unnamed === undefined
    ? null
    : "secret_unvouched: nobody who asked named that secret, so you can't use it. Propose the step instead, or go on without it.";
}

/**
 * Data leaves with an address. One that people named may be called with anything. One that only a text from elsewhere names is called as it
 * stands there, and with nothing that isn't from there. One that a model puts together after it read such text isn't called.
 */
export function vouchForAddresses({ input, runs }: GuardedCall, seen: Seen): string | null {
  if (!runs || seen.outside.length === 0) return null;
  const { addresses, texts } = addressesIn(input);
  for (const address of addresses) {
    if (isVouched(address, seen)) continue;
    const source = sourceOf(address, seen);
    const known = [seen.vouched, source ?? ""];
    const carried = texts.find(
      (text) => text.trim() !== address && !methods.has(text) && !known.some((one) => one.includes(text)),
    );
    if (source === undefined || carried !== undefined) return refusal;
  }
  return null;
}

const refusal =
  "address_unvouched: nobody who asked named that address, and no source names it as you wrote it. Say in your answer what you would look at.";
const methods = new Set(["GET", "HEAD", "OPTIONS", "get", "head"]);

function secretsIn(value: Json): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((one) => secretsIn(one as Json));
  return Object.entries(value).flatMap(([key, one]) =>
    key === "$secret" && typeof one === "string" ? [one] : secretsIn(one),
  );
}

function hasWord(text: string, word: string): boolean {
  return word.length <= 200 && new RegExp(`(?<![\\w-])${escaped(word)}(?![\\w-])`).test(text);
}
