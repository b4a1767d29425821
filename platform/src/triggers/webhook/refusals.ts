import type { OccurrenceOutcome } from "@gantry/sdk/api";
import type { Log } from "../../lib/log.ts";
import type { Refusals } from "../../store/plans/trigger-occurrences.ts";

export interface RefusalCounter {
  note(hook: { trigger: string; org: string }, outcome: OccurrenceOutcome, reason: string): void;
  /** Writes what was noted until now. */
  flush(): Promise<void>;
}

interface CounterDeps {
  write(refusals: Refusals): Promise<void>;
  /** Unix milliseconds. */
  now(): number;
  newId(): string;
  everyMs: number;
  log: Log;
}

/**
 * Counts what strangers send, and writes the counts at intervals: a flood of forgeries costs no write each. A process that
 * dies loses the counts of its last moments, and nothing else.
 */
export function createRefusalCounter(deps: CounterDeps): RefusalCounter {
  let counts = new Map<string, Refusals>();
  let timer: NodeJS.Timeout | null = null;

  const flush = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const noted = counts;
    counts = new Map();
    for (const one of noted.values()) {
      await deps.write(one).catch((err: unknown) => {
        deps.log.warn({ err, trigger: one.trigger, count: one.count }, "Refused webhooks could not be counted");
      });
    }
  };
  return {
    note: ({ trigger, org }, outcome, reason) => {
      const now = deps.now();
      const key = `${trigger} ${outcome}`;
      const known = counts.get(key);
      if (known === undefined) {
        counts.set(key, { id: deps.newId(), org, trigger, outcome, reason, count: 1, firstAt: now, lastAt: now });
      } else {
        known.count += 1;
        known.lastAt = now;
      }
      timer ??= setTimeout(() => void flush(), deps.everyMs).unref();
    },
    flush,
  };
}
