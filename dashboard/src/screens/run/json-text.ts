import type { Json } from "@gantry/sdk";

/** What somebody typed, as JSON; null where it is empty, undefined where it is none. */
export function jsonOr(typed: string): Json | undefined {
  if (typed.trim() === "") return null;
  try {
    return JSON.parse(typed) as Json;
  } catch {
    return undefined;
  }
}
