import type { Actor, Digest, Json, Plan, RunEvent } from "@gantry/sdk";
import { createRun, evolve, type RunState } from "@gantry/sdk/core";
import type { Queryable } from "../organization.ts";
import { openSnapshot } from "./snapshot.ts";

/** Events of a run behind `after`, in order. */
export async function readRunEvents(
  db: Queryable,
  run: string,
  after: number,
  limit: number | null,
): Promise<RunEvent[]> {
  const { rows } = await db.query<{ seq: number; type: string; at: string; actor: Actor; data: unknown }>({
    name: "run-events",
    text: `SELECT seq, type, at::text AS at, actor, data FROM events
      WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
    values: [run, after, limit],
  });
  return rows.map(({ at, ...row }) => ({ ...row, at: Number(at) }) as RunEvent);
}

export interface FoldedRun {
  state: RunState;
  /** All that are stored; the oldest may have been purged. */
  events: RunEvent[];
  plan: Plan;
  planDigest: Digest;
}

/**
 * A run's state: the fold of its events, from the first one or, where those were purged, from the snapshot.
 * 20,000 events take about 80 ms. Null when the organization has no such run.
 */
export async function foldRun(db: Queryable, id: string): Promise<FoldedRun | null> {
  const { rows } = await db.query<{
    plan: Plan;
    planDigest: Digest;
    snapshot: never;
    snapshotSeq: number | null;
    requester: Actor;
  }>({
    name: "fold-run",
    text: `SELECT p.plan, r.plan_digest AS "planDigest", r.snapshot, r.snapshot_seq AS "snapshotSeq",
        json_build_object('kind', r.actor_kind, 'id', r.actor, 'name', r.actor_name) AS requester
      FROM runs r JOIN plans p ON p.org = r.org AND p.digest = r.plan_digest WHERE r.id = $1`,
    values: [id],
  });
  const row = rows[0];
  if (row === undefined) return null;
  const { plan, planDigest, requester } = row;
  const events = await readRunEvents(db, id, 0, null);
  const seed = { id, plan, planDigest, requester };
  const first = events[0]?.seq ?? 1;
  const purged = first > 1 || events.length === 0;
  const restored = purged && row.snapshotSeq !== null ? openSnapshot(seed, row.snapshot, row.snapshotSeq) : null;
  const state = restored ?? createRun(seed);
  for (const event of events) if (event.seq > state.seq) evolve(state, event);
  return { state, events, plan, planDigest };
}

/** What people decided about its change sets, oldest first. */
export async function readDecisions(
  db: Queryable,
  run: string,
): Promise<RunEvent<"approval.recorded" | "change_set.rejected">[]> {
  const { rows } = await db.query<{ seq: number; type: string; at: string; actor: Actor; data: unknown }>(
    `SELECT seq, type, at::text AS at, actor, data FROM events
      WHERE run_id = $1 AND type IN ('approval.recorded', 'change_set.rejected') ORDER BY seq`,
    [run],
  );
  return rows.map(({ at, ...row }) => ({ ...row, at: Number(at) }) as never);
}

/** Events behind `after` that name an artifact, in order. */
export async function readArtifactEvents(
  db: Queryable,
  run: string,
  after: number,
  limit: number,
): Promise<{ seq: number; at: string; data: Json }[]> {
  const { rows } = await db.query<{ seq: number; at: string; data: Json }>(
    `SELECT seq, at::text AS at, data FROM events
      WHERE run_id = $1 AND seq > $2 AND position('"$artifact":' IN data::text) > 0 ORDER BY seq LIMIT $3`,
    [run, after, limit],
  );
  return rows;
}

/** Whether an event of the run names the artifact. */
export async function runMentions(db: Queryable, run: string, digest: Digest): Promise<boolean> {
  const { rowCount } = await db.query(
    "SELECT FROM events WHERE run_id = $1 AND position($2 IN data::text) > 0 LIMIT 1",
    [run, `"$artifact":"${digest}"`],
  );
  return (rowCount ?? 0) > 0;
}
