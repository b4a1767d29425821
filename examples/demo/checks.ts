import { isDeepStrictEqual } from "node:util";
import type { Narrator } from "./narrator.ts";

/** Everything that the demo claims goes through here: what was measured against what must be. */
export interface Checks {
  /** Says and counts whether `actual` is `expected`; the demo goes on either way. */
  is<T>(what: string, actual: T, expected: T): void;
  /** The same for a condition; `measured` says what was seen. */
  that(what: string, held: boolean, measured: string): void;
  counts(): { held: number; failed: string[] };
}

/** What makes going on pointless: a run that never came to its gate, a server that doesn't start. */
export class DemoStoppedError extends Error {}

export function createChecks(narrator: Narrator): Checks {
  let held = 0;
  const failed: string[] = [];
  const record = (what: string, isHeld: boolean, measured: string) => {
    if (isHeld) held += 1;
    else failed.push(`${what}: ${measured}`);
    narrator.verdict(isHeld, isHeld ? what : `${what}: ${measured}`);
  };
  return {
    is: (what, actual, expected) =>
      record(
        what,
        isDeepStrictEqual(actual, expected),
        `expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`,
      ),
    that: record,
    counts: () => ({ held, failed }),
  };
}
