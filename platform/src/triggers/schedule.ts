import { digestOf } from "@gantry/sdk";
import type { ScheduleSource } from "@gantry/sdk/api";
import type { Queryable } from "../store/queryable.ts";
import { insertOccurrence } from "../store/plans/trigger-occurrences.ts";
import { rememberTrigger, type TriggerRow } from "../store/plans/triggers.ts";
import { parseCron } from "./cron.ts";
import { commitOrNote, prepare, type FireDeps } from "./fire.ts";
import { dueAt, dueTimes } from "./schedule-times.ts";

/** What a new schedule remembers, and when it is due. Null for one whose times are all over. */
export function firstTime(id: string, source: ScheduleSource, now: number): { next: number; dueAt: number } | null {
  const next = parseCron(source.cron, source.timeZone).after(now);
  return next === null ? null : { next, dueAt: dueAt(id, source, next) };
}

/**
 * Fires what is due of a schedule and moves it on, in the transaction that claimed it. Each time is a key of its own, so
 * that not even a trigger whose memory was lost fires the same time again.
 *
 * @returns whether there are new runs.
 */
export async function fireSchedule(deps: FireDeps, db: Queryable, trigger: TriggerRow, now: number): Promise<boolean> {
  const { source, memory } = trigger;
  if (source.kind !== "schedule") throw new Error(`Trigger ${trigger.id} is no schedule.`);
  const cron = parseCron(source.cron, source.timeZone);
  const due = dueTimes(trigger.id, source, cron, memory.next ?? now, now);
  if (due.missed !== null) {
    const { from, to, count } = due.missed;
    await insertOccurrence(db, {
      id: deps.newId(),
      org: trigger.org,
      trigger: trigger.id,
      at: from,
      lastAt: to,
      count,
      outcome: "missed",
      reason: `No process was there in time, and the policy for missed times is "${source.missed}".`,
      run: null,
      digest: null,
    });
  }
  let fired = false;
  for (const time of due.fire) fired = (await fireTime(deps, db, trigger, time, now)) || fired;
  const next = due.next;
  await rememberTrigger(db, trigger.id, {
    memory: next === null ? {} : { next },
    dueAt: next === null ? null : dueAt(trigger.id, source, next),
  });
  return fired;
}

async function fireTime(deps: FireDeps, db: Queryable, trigger: TriggerRow, at: number, now: number): Promise<boolean> {
  const payload = { scheduledAt: new Date(at).toISOString() };
  const prepared = await prepare(deps, db, trigger, {
    id: deps.newId(),
    at,
    now,
    keys: [`at ${payload.scheduledAt}`],
    payload,
    event: null,
    reason: null,
    digest: digestOf(payload),
    depth: 0,
  });
  return commitOrNote(deps, db, trigger, prepared);
}
