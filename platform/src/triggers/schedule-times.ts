import { createHash } from "node:crypto";
import type { ScheduleSource } from "@gantry/sdk/api";
import type { CronTimes } from "./cron.ts";

/** A time that is handled this late is still on time: a restart or a busy moment isn't a missed run. */
const graceMs = 60_000;
/** More than this many missed times are counted as this many. */
const maximumCounted = 200;

export interface DueTimes {
  /** Scheduled times that are to fire, oldest first. */
  fire: number[];
  /** Those that passed and are not made up for: from, to, and how many (`maximumCounted` at most). */
  missed: { from: number; to: number; count: number } | null;
  /** The time that comes next. */
  next: number | null;
}

/**
 * What is due at `now` of a schedule whose next time was `next`: the times up to now, less those that its policy drops.
 * Pure, so that two processes that look at the same moment come to the same.
 */
export function dueTimes(
  trigger: string,
  source: ScheduleSource,
  cron: CronTimes,
  next: number,
  now: number,
): DueTimes {
  const { times: all } = cron.between(next, now, maximumCounted);
  const times = all.filter((time) => dueAt(trigger, source, time) <= now);
  const upcoming = all[times.length] ?? cron.after(now);
  const onTime = times.filter((time) => dueAt(trigger, source, time) > now - graceMs);
  const wanted = { skip: onTime.length, once: 1, all: Math.max(source.missedLimit, onTime.length) }[source.missed];
  const fire = wanted === 0 ? [] : times.slice(-wanted);
  const dropped = times.slice(0, times.length - fire.length);
  const [from] = dropped;
  const to = dropped.at(-1);
  return {
    fire,
    missed: from === undefined || to === undefined ? null : { from, to, count: dropped.length },
    next: upcoming,
  };
}

/** When a scheduled time is due: delayed by its jitter, which is the same whoever works it out and however often. */
export function dueAt(trigger: string, { jitterMs }: ScheduleSource, time: number): number {
  if (jitterMs === 0) return time;
  const digest = createHash("sha256").update(`${trigger} ${time}`).digest();
  return time + (digest.readUInt32BE(0) % (jitterMs + 1));
}
