import type { Actor, Digest, Json, Plan, RunEvent } from "@gantry/sdk";
import { permitsOfAttempts } from "./permits.ts";
import type { Queryable } from "../queryable.ts";

export interface StoredRun {
  id: string;
  org: string;
  project: string;
  environment: string;
  pool: string;
  /** Of its environment, as it was when the run was loaded; the strictest where the environment is gone. */
  protection: "open" | "guarded" | "strict";
  /** What policies of the organization decide on: their version, and the requester's groups and roles. Empty where it has none. */
  basis: string;
  /** Whom the environment wants told, and when, if nobody answers when approvals are asked for. */
  escalation: { afterMs: number; group: string } | null;
  requester: Actor;
  /** The human behind the requester; null: nobody is known. */
  person: string | null;
  /** The trigger that started it. */
  trigger: { id: string; name: string | null } | null;
  planDigest: Digest;
  parent: string | null;
  priority: number;
  seq: number;
  fence: number;
  crashes: number;
  poisoned: boolean;
  snapshot: Json;
  snapshotSeq: number | null;
  /** Those after the snapshot, in order. */
  events: RunEvent[];
  /** Keys that it holds. */
  slots: string[];
  /** Attempts of it that hold permits. */
  permits: string[];
  /** The version of limits and budgets at this moment. */
  rulesVersion: number;
}

interface RunRow extends Omit<StoredRun, "requester" | "planDigest" | "events" | "slots" | "permits"> {
  actor: string;
  actorKind: "user" | "service";
  actorName: string;
  planDigest: Digest;
}

interface EventRow {
  run_id: string;
  seq: number;
  type: string;
  at: string;
  actor: Actor;
  data: unknown;
}

const toEvent = ({ seq, type, at, actor, data }: EventRow): RunEvent =>
  ({ seq, type, at: Number(at), actor, data }) as RunEvent;

/** Everything that `owner` needs to go on with the runs it claimed; runs that it lost meanwhile are missing. */
export async function loadRuns(db: Queryable, owner: string | null, ids: readonly string[]): Promise<StoredRun[]> {
  // Three connections, or one after the other: nobody but the owner changes these rows meanwhile.
  const [{ rows }, tails, slots] = await Promise.all([
    db.query<RunRow>({
      name: "load-runs",
      text: `SELECT r.id, r.org, r.project, r.environment, r.pool, coalesce(e.protection, 'strict') AS protection,
          policy_basis(r.org, r.actor, r.project, r.environment) AS basis,
          CASE WHEN e.escalate_to IS NOT NULL THEN json_build_object('afterMs', e.escalate_minutes * 60000, 'group', e.escalate_to)
            WHEN o.escalate_to IS NOT NULL AND e.escalate_nobody IS NOT TRUE
            THEN json_build_object('afterMs', o.escalate_minutes * 60000, 'group', o.escalate_to) END AS escalation, r.actor,
          r.actor_kind AS "actorKind", r.actor_name AS "actorName", r.plan_digest AS "planDigest", r.parent, r.priority, r.seq,
          (SELECT a.person FROM actors a WHERE a.id = r.actor) AS person,
          CASE WHEN r.trigger_id IS NOT NULL THEN json_build_object('id', r.trigger_id,
            'name', (SELECT t.name FROM triggers t WHERE t.id = r.trigger_id)) END AS trigger,
          r.fence, r.crashes, r.poisoned, r.snapshot, r.snapshot_seq AS "snapshotSeq",
          (SELECT n::float8 FROM rules_version) AS "rulesVersion"
        FROM runs r LEFT JOIN organizations o ON o.org = r.org
        LEFT JOIN environments e ON e.org = r.org AND e.project = r.project AND e.name = r.environment
        WHERE r.id = ANY ($1::uuid[]) AND r.owner IS NOT DISTINCT FROM $2::uuid`,
      values: [ids, owner],
    }),
    // By its index, run by run: as a join it read the whole journal of everybody once the statistics were old.
    db.query<EventRow>({
      name: "load-events",
      text: `SELECT e.* FROM unnest($1::uuid[]) AS t (id) JOIN runs r USING (id) CROSS JOIN LATERAL (
          SELECT run_id, seq, type, at::text AS at, actor, data FROM events
          WHERE run_id = r.id AND seq > coalesce(r.snapshot_seq, 0) ORDER BY seq OFFSET 0) e
        WHERE r.owner IS NOT DISTINCT FROM $2::uuid`,
      values: [ids, owner],
    }),
    db.query<{ run_id: string; key: string; permit: boolean }>({
      name: "load-slots",
      text: `SELECT run_id, key, false AS permit FROM slots WHERE run_id = ANY ($1::uuid[])
        UNION ALL ${permitsOfAttempts}`,
      values: [ids],
    }),
  ]);
  const events = Map.groupBy(tails.rows, (row) => row.run_id);
  const held = Map.groupBy(slots.rows, (row) => row.run_id);
  return rows.map(({ actor, actorKind, actorName, ...row }) => ({
    ...row,
    requester: { kind: actorKind, id: actor, name: actorName },
    events: (events.get(row.id) ?? []).map(toEvent),
    slots: (held.get(row.id) ?? []).flatMap(({ key, permit }) => (permit ? [] : [key])),
    permits: (held.get(row.id) ?? []).flatMap(({ key, permit }) => (permit ? [key] : [])),
  }));
}

/** A run's whole journal. */
export async function loadEvents(db: Queryable, run: string): Promise<RunEvent[]> {
  const { rows } = await db.query<EventRow>(
    "SELECT run_id, seq, type, at::text AS at, actor, data FROM events WHERE run_id = $1 ORDER BY seq",
    [run],
  );
  return rows.map(toEvent);
}

/** @throws Error when the organization has no such plan: the row is written with the run, so this is a bug. */
export async function loadPlan(db: Queryable, org: string, digest: Digest): Promise<Plan> {
  const { rows } = await db.query<{ plan: Plan }>("SELECT plan FROM plans WHERE org = $1 AND digest = $2", [
    org,
    digest,
  ]);
  const plan = rows[0]?.plan;
  if (!plan) throw new Error(`Plan ${digest} of organization ${org} is missing.`);
  return plan;
}

/** Where the run stands, for an owner whose write was refused. */
export async function readFence(
  db: Queryable,
  id: string,
): Promise<{ owner: string | null; fence: number; seq: number } | null> {
  const { rows } = await db.query<{ owner: string | null; fence: number; seq: number }>(
    "SELECT owner, fence, seq FROM runs WHERE id = $1",
    [id],
  );
  return rows[0] ?? null;
}

/** Why approved change sets that haven't expired don't cover an attempt any more, where they don't. */
export async function lapsedApprovals(
  db: Queryable,
  run: string,
  hashes: readonly string[],
): Promise<{ hash: Digest; why: "approvers" | "secrets" }[]> {
  const { rows } = await db.query<{ hash: Digest; why: "approvers" | "secrets" }>(
    `SELECT hash, CASE WHEN hold THEN 'secrets' ELSE 'approvers' END AS why FROM (
       SELECT c.hash, approvals_hold(c.run_id, c.hash) AS hold,
         c.begun_at IS NULL AND c.secrets <> '{}' AND c.secret_versions <> secret_versions_of(c.run_id, c.secrets) AS other
       FROM change_sets c WHERE c.run_id = $1 AND c.hash = ANY ($2) AND c.status = 'approved'
         AND json_array_length(c.approvals) > 0) all_of WHERE NOT hold OR other`,
    [run, [...hashes]],
  );
  return rows;
}
