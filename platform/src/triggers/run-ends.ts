import { digestOf } from "@gantry/sdk";
import { finishedRuns, type FinishedRun } from "../store/journal/finished-runs.ts";
import type { Queryable } from "../store/queryable.ts";
import { rememberTrigger, type TriggerRow } from "../store/plans/triggers.ts";
import { commitOrNote, prepare, type FireDeps } from "./fire.ts";

const everyMs = 2_000;
const atOnce = 50;
/** A transaction may commit this much later than the time that it put on the run's end. */
const overlapMs = 60_000;

/**
 * Fires on the ends of other runs since the last look. The looks overlap, so that an end that was committed late is seen;
 * each end is a key, so that none is seen twice.
 *
 * @returns whether there are new runs.
 */
export async function fireRunEnds(deps: FireDeps, db: Queryable, trigger: TriggerRow, now: number): Promise<boolean> {
  const { id, org, project, source, memory, createdAt } = trigger;
  if (source.kind !== "run") throw new Error(`Trigger ${id} doesn't look at runs.`);
  const readTo = memory.readTo ?? now;
  const since = Math.max(createdAt.getTime(), readTo - overlapMs);
  const ended = await finishedRuns(db, { trigger: id, org, project, source, since }, atOnce);
  let fired = false;
  for (const one of ended) fired = (await fireEnd(deps, db, trigger, one, now)) || fired;
  const more = ended.length === atOnce;
  const seen = more ? (ended.at(-1)?.finishedAt.getTime() ?? now) : now;
  await rememberTrigger(db, id, { memory: { readTo: seen }, dueAt: more ? now : now + everyMs });
  return fired;
}

async function fireEnd(
  deps: FireDeps,
  db: Queryable,
  trigger: TriggerRow,
  { depth, finishedAt, ...ended }: FinishedRun,
  now: number,
): Promise<boolean> {
  const payload = { ...ended, finishedAt: finishedAt.toISOString() };
  const prepared = await prepare(deps, db, trigger, {
    id: deps.newId(),
    at: finishedAt.getTime(),
    now,
    keys: [`run ${ended.run} ${ended.status}`],
    payload,
    event: ended.status,
    reason: `Run ${ended.run} (${ended.runbook ?? "a plan"}) is ${ended.status}.`,
    digest: digestOf(payload),
    depth,
  });
  return commitOrNote(deps, db, trigger, prepared);
}
