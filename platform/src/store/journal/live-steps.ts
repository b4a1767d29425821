import type { Actor, Digest, Json, Plan, RunEvent } from "@gantry/sdk";
import { createRun, evolve, type RunState } from "@gantry/sdk/core";
import type { Queryable } from "../organization.ts";
import { readRunEvents } from "./run-history.ts";
import { openSnapshot } from "./snapshot.ts";

interface Row {
  id: string;
  digest: Digest;
  snapshot: Json;
  snapshotSeq: number | null;
  requester: Actor;
}

/**
 * The newest states of some runs, by their ids: each from its snapshot and what followed, as a worker loads them. Three queries whatever
 * their number, and each plan once, as many runs share one.
 */
export async function foldNewest(db: Queryable, ids: readonly string[]): Promise<Map<string, RunState>> {
  if (ids.length === 0) return new Map();
  const { rows } = await db.query<Row>({
    name: "fold-newest",
    text: `SELECT id, plan_digest AS digest, snapshot, snapshot_seq AS "snapshotSeq",
        json_build_object('kind', actor_kind, 'id', actor, 'name', actor_name) AS requester
      FROM runs WHERE id = ANY ($1::uuid[])`,
    values: [ids],
  });
  const { rows: found } = await db.query<{ digest: Digest; plan: Plan }>({
    name: "plans-of",
    text: "SELECT digest, plan FROM plans WHERE digest = ANY ($1::text[])",
    values: [[...new Set(rows.map(({ digest }) => digest))]],
  });
  const plans = new Map(found.map(({ digest, plan }) => [digest, plan]));
  // By its index, run by run, as the engine loads them.
  const { rows: tails } = await db.query<{ run: string; seq: number; type: string; at: string; data: unknown }>({
    name: "tails-of",
    text: `SELECT e.run_id AS run, e.seq, e.type, e.at::text AS at, e.actor, e.data
      FROM unnest($1::uuid[]) AS t (id) JOIN runs r USING (id) CROSS JOIN LATERAL (
        SELECT * FROM events WHERE run_id = r.id AND seq > coalesce(r.snapshot_seq, 0) ORDER BY seq OFFSET 0) e`,
    values: [ids],
  });
  const events = Map.groupBy(tails, ({ run }) => run);
  const states = new Map<string, RunState>();
  for (const { id, digest, snapshot, snapshotSeq, requester } of rows) {
    const plan = plans.get(digest);
    if (plan === undefined) continue;
    const seed = { id, plan, planDigest: digest, requester };
    const restored = snapshotSeq === null ? createRun(seed) : openSnapshot(seed, snapshot, snapshotSeq);
    const behind = (events.get(id) ?? []).map(({ run: _, at, ...event }) => ({ ...event, at: Number(at) }) as RunEvent);
    // Of another version, or damaged: the journal is the truth, only longer to read.
    const state = restored ?? createRun(seed);
    for (const event of restored === null ? await readRunEvents(db, id, 0, null) : behind) evolve(state, event);
    states.set(id, state);
  }
  return states;
}
