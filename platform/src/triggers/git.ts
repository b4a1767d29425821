import { digestOf } from "@gantry/sdk";
import type { GitSource } from "@gantry/sdk/api";
import type { Queryable } from "../store/queryable.ts";
import { countRefusals, takeKeys } from "../store/plans/trigger-occurrences.ts";
import { findTrigger, rememberTrigger, type TriggerRow } from "../store/plans/triggers.ts";
import { commitOrNote, prepare, type FireDeps } from "./fire.ts";

const maximumPauseMs = 3_600_000;

/** The next look, set in the transaction that claimed the trigger, so that whoever dies while looking delays it by one. */
export function leaseUntil({ everyMs }: GitSource, now: number): number {
  return now + everyMs;
}

/**
 * Writes what a look at the repository found: the first commit is only remembered; each one after it that never was the
 * newest fires once. Another process may have looked meanwhile: the row is locked, and what it remembers counts.
 *
 * @returns whether there is a new run.
 */
export async function fireCommit(
  deps: FireDeps,
  db: Queryable,
  id: string,
  found: { commit: string | null } | { failure: string },
  now: number,
): Promise<boolean> {
  const trigger = await findTrigger(db, id, true);
  if (trigger?.source.kind !== "git") return false;
  const { source, memory } = trigger;
  if ("failure" in found) {
    await noteFailure(deps, db, trigger, found.failure, now);
    return false;
  }
  const { commit } = found;
  await rememberTrigger(db, id, { memory: { commit }, dueAt: leaseUntil(source, now) });
  if (commit === null || commit === memory.commit) return false;
  const key = `commit ${commit}`;
  if (memory.commit === undefined) {
    await takeKeys(db, { org: trigger.org, trigger: id, keys: [key], occurrence: deps.newId() });
    return false;
  }
  const payload = { repository: source.repository, ref: source.ref, old: memory.commit, new: commit };
  const prepared = await prepare(deps, db, trigger, {
    id: deps.newId(),
    at: now,
    now,
    keys: [key],
    payload,
    event: "push",
    reason: `${source.ref}: ${memory.commit ?? "nothing"} → ${commit}`,
    digest: digestOf(payload),
    depth: 0,
  });
  return commitOrNote(deps, db, trigger, prepared);
}

/** Looks less and less often at a repository that can't be read, and at least once an hour. */
async function noteFailure(
  deps: FireDeps,
  db: Queryable,
  trigger: TriggerRow,
  why: string,
  now: number,
): Promise<void> {
  const { source, memory } = trigger;
  if (source.kind !== "git") return;
  const failures = (memory.failures ?? 0) + 1;
  const pause = Math.max(source.everyMs, Math.min(maximumPauseMs, source.everyMs * 2 ** Math.min(failures, 20)));
  await rememberTrigger(db, trigger.id, { memory: { ...memory, failures }, dueAt: now + pause });
  await countRefusals(db, {
    id: deps.newId(),
    org: trigger.org,
    trigger: trigger.id,
    outcome: "unreachable",
    reason: why,
    count: 1,
    firstAt: now,
    lastAt: now,
  });
}
