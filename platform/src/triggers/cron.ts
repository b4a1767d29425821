import { Cron } from "croner";
import { TriggerInvalidError } from "./errors.ts";

/** The times of a cron expression in a time zone; all as Unix milliseconds, whole minutes. */
export interface CronTimes {
  /** The first time after this moment; null when none comes any more. */
  after(ms: number): number | null;
  /** The latest times from `from` on up to `to`, both included, oldest first; `limit` at most, and whether there were more. */
  between(from: number, to: number, limit: number): { times: number[]; more: boolean };
}

/**
 * Five fields (minute, hour, day of month, month, day of week), or `@daily` and the like. A local time that the change to
 * summer time leaves out comes an hour later; one that comes twice in autumn counts the first time only.
 *
 * @throws TriggerInvalidError for a pattern or a time zone that isn't one, and for a pattern that no day fits.
 */
export function parseCron(text: string, timeZone: string): CronTimes {
  let cron: Cron;
  try {
    cron = new Cron(text, { timezone: timeZone, mode: "5-part", paused: true });
    if (cron.nextRun() === null) throw new RangeError("no day ever fits it");
  } catch (cause) {
    throw new TriggerInvalidError(
      `The schedule ${JSON.stringify(text)} in ${JSON.stringify(timeZone)}`,
      saidOf(cause),
      cause,
    );
  }
  return {
    after: (ms) => cron.nextRun(new Date(ms))?.getTime() ?? null,
    between: (from, to, limit) => {
      const times: number[] = [];
      let next = cron.nextRun(new Date(from - 1))?.getTime() ?? null;
      while (next !== null && next <= to && times.length <= limit) {
        times.push(next);
        next = cron.nextRun(new Date(next))?.getTime() ?? null;
      }
      if (times.length <= limit) return { times, more: false };
      // Walking on could take long after a long time away; the latest are found from the other end.
      const latest = cron.previousRuns(limit, new Date(to + 1_000)).map((time) => time.getTime());
      return { times: latest.toReversed(), more: true };
    },
  };
}

function saidOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.startsWith("CronDate") || text.includes("time zone")
    ? "there is no such time zone"
    : text.replace(/^CronPattern: /, "");
}
