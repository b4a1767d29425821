import type { Surroundings } from "@gantry/sdk/core";
import { nearWindows, wakeFrozen, type CoveringWindow } from "../store/control/freezes.ts";
import type { StoredRun } from "../store/journal/load-runs.ts";
import type { Queryable } from "../store/queryable.ts";

/** What this worker knows of freeze windows. The statement that starts an attempt looks for itself. */
export interface Freezes {
  /** The window that covers the run now, the one that ends last. */
  over(run: Pick<StoredRun, "org" | "project" | "environment">): Surroundings["freeze"];
  /** @returns whether one was ended before its time. */
  read(): Promise<boolean>;
  /** The same, once per poll interval. */
  readIfTime(): Promise<boolean>;
}

/** Windows that open within this time are known beforehand. */
const aheadMs = 120_000;

export function createFreezes({ db, now, pollMs }: { db: Queryable; now(): number; pollMs: number }): Freezes {
  let windows: readonly CoveringWindow[] = [];
  let readAt = Number.NEGATIVE_INFINITY;

  const read = async (): Promise<boolean> => {
    const before = windows;
    windows = await nearWindows(db, aheadMs);
    readAt = now();
    const still = new Set(windows.map(keyOf));
    const ended = before.some((one) => !still.has(keyOf(one)) && (one.to === null || one.to > readAt));
    // Between its end and now this worker may have parked a run for it that nobody would wake any more.
    if (ended) await wakeFrozen(db);
    return ended;
  };
  return {
    read,
    readIfTime: async () => now() - readAt >= pollMs && (await read()),
    over: ({ org, project, environment }) => {
      const at = now();
      const covering = windows.filter(
        (one) =>
          one.org === org &&
          (one.project === null || one.project === project) &&
          (one.environment === null || one.environment === environment) &&
          one.from <= at &&
          (one.to === null || one.to > at),
      );
      const [last] = covering.toSorted((a, b) => endOf(b) - endOf(a));
      return last === undefined ? null : { freeze: last.freeze, reason: last.reason, until: last.to };
    },
  };
}

function endOf({ to }: CoveringWindow): number {
  return to ?? Number.MAX_SAFE_INTEGER;
}

function keyOf({ freeze, from, to }: CoveringWindow): string {
  return `${freeze} ${from} ${String(to)}`;
}
