import type { Actor, Digest } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

export interface RetentionRow {
  keepDays: number | null;
  actor: Actor;
  updatedAt: Date;
}

/** Null: the organization leaves it to the installation. */
export async function readRetention(db: Queryable, org: string): Promise<RetentionRow | null> {
  const { rows } = await db.query<RetentionRow>(
    `SELECT keep_days AS "keepDays", actor, updated_at AS "updatedAt" FROM retention_rules WHERE org = $1`,
    [org],
  );
  return rows[0] ?? null;
}

export async function putRetention(
  db: Queryable,
  { org, keepDays, actor }: { org: string; keepDays: number | null; actor: Actor },
): Promise<void> {
  await db.query(
    `INSERT INTO retention_rules (org, keep_days, actor) VALUES ($1, $2, $3)
     ON CONFLICT (org) DO UPDATE SET keep_days = excluded.keep_days, actor = excluded.actor, updated_at = now()`,
    [org, keepDays, JSON.stringify(actor)],
  );
}

export async function removeRetention(db: Queryable, org: string): Promise<void> {
  await db.query("DELETE FROM retention_rules WHERE org = $1", [org]);
}

export async function readPurged(db: Queryable, org: string): Promise<{ runs: number; events: number }> {
  const { rows } = await db.query<{ runs: number; events: number }>(
    "SELECT runs::float8 AS runs, events::float8 AS events FROM journal_purges WHERE org = $1",
    [org],
  );
  return rows[0] ?? { runs: 0, events: 0 };
}

export interface HoldRow {
  run: string;
  goal: string;
  reason: string;
  actor: Actor;
  at: Date;
}

export async function listHolds(db: Queryable, org: string): Promise<HoldRow[]> {
  const { rows } = await db.query<HoldRow>(
    `SELECT h.run_id AS run, r.goal, h.reason, h.actor, h.at FROM run_holds h JOIN runs r ON r.id = h.run_id
     WHERE h.org = $1 ORDER BY h.at DESC, h.run_id`,
    [org],
  );
  return rows;
}

/** Held once, it stays so with the first reason. @returns false when there is no such run. */
export async function putHold(
  db: Queryable,
  { run, reason, actor }: { run: string; reason: string; actor: Actor },
): Promise<boolean> {
  await db.query(
    `INSERT INTO run_holds (org, run_id, reason, actor) SELECT org, id, $2, $3 FROM runs WHERE id = $1
     ON CONFLICT DO NOTHING`,
    [run, reason, JSON.stringify(actor)],
  );
  return ((await db.query("SELECT FROM runs WHERE id = $1", [run])).rowCount ?? 0) > 0;
}

/** @returns false when it wasn't held. */
export async function removeHold(db: Queryable, run: string): Promise<boolean> {
  return ((await db.query("DELETE FROM run_holds WHERE run_id = $1", [run])).rowCount ?? 0) > 0;
}

/** What was said to runs in the moment of their purge: nobody will ever hear it. */
export async function forgetMessagesToNobody(db: Queryable): Promise<void> {
  const gone = "NOT EXISTS (SELECT FROM runs r WHERE r.id = m.run_id)";
  await db.query(`DELETE FROM wakeups m WHERE due_at < now() - interval '1 hour' AND ${gone}`);
  await db.query(`DELETE FROM inbox m WHERE handled_at IS NULL AND created_at < now() - interval '1 hour' AND ${gone}`);
}

/** True while this holder looks after retention. One that stopped renewing is replaced after `ms`. */
export async function holdLease(db: Queryable, holder: string, ms: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE retention_lease SET holder = $1, until = now() + $2 * interval '1 millisecond'
     WHERE holder IS NOT DISTINCT FROM $1::uuid OR until < now()`,
    [holder, ms],
  );
  return (rowCount ?? 0) > 0;
}

export async function releaseLease(db: Queryable, holder: string): Promise<void> {
  await db.query("UPDATE retention_lease SET holder = NULL, until = now() WHERE holder = $1", [holder]);
}

export interface OrganizationRule {
  org: string;
  keepDays: number;
  setBy: Actor | null;
}

/** Organizations whose runs don't stay for ever. */
export async function organizationRules(db: Queryable, byDefault: number | null): Promise<OrganizationRule[]> {
  const { rows } = await db.query<OrganizationRule>(
    `SELECT o.org, CASE WHEN r.org IS NULL THEN $1::int ELSE r.keep_days END AS "keepDays", r.actor AS "setBy"
     FROM organizations o LEFT JOIN retention_rules r USING (org)
     WHERE CASE WHEN r.org IS NULL THEN $1::int ELSE r.keep_days END IS NOT NULL ORDER BY o.org`,
    [byDefault],
  );
  return rows;
}

export interface OldRun {
  id: string;
  /** Of its end, to the microsecond. */
  at: string;
}

/** Runs that ended longer ago than the days, oldest first, behind a position. Sub-runs go with their parents. */
export async function listOldRuns(
  db: Queryable,
  { org, keepDays }: OrganizationRule,
  after: OldRun | null,
  limit: number,
): Promise<OldRun[]> {
  const { rows } = await db.query<OldRun>({
    name: "old-runs",
    text: `SELECT id, finished_at::text AS at FROM runs
      WHERE org = $1 AND finished_at < now() - make_interval(days => $2) AND parent IS NULL
        AND ($3::timestamptz IS NULL OR (finished_at, id) > ($3::timestamptz, $4::uuid))
      ORDER BY finished_at, id LIMIT $5`,
    values: [org, keepDays, after?.at ?? null, after?.id ?? null, limit],
  });
  return rows;
}

/**
 * The runs that go together with this one: sub-runs, and runs of the same goal, whose state follows from all of them. Null when
 * one of them must stay: it hasn't ended or not long enough ago, is held, may still be undone, was told something, or
 * notifications haven't read it yet.
 */
export async function purgeableWith(
  db: Queryable,
  run: string,
  { keepDays, undoDays }: { keepDays: number; undoDays: number },
): Promise<string[] | null> {
  const { rows } = await db.query<{ ids: string[] | null; free: boolean | null }>({
    name: "purgeable-with",
    text: `WITH RECURSIVE unit AS (
        SELECT id, org, parent FROM runs WHERE id = $1
        UNION
        SELECT x.id, x.org, x.parent FROM unit u CROSS JOIN LATERAL (
          SELECT c.id, c.org, c.parent FROM runs c WHERE c.parent = u.id
          UNION ALL SELECT p.id, p.org, p.parent FROM runs p WHERE p.id = u.parent
          UNION ALL SELECT s.id, s.org, s.parent FROM goal_runs g JOIN goal_runs o ON o.org = g.org AND o.goal = g.goal
            JOIN runs s ON s.id = o.run WHERE g.run = u.id) x)
      SELECT array_agg(r.id ORDER BY r.id) AS ids, bool_and(
        r.finished_at IS NOT NULL AND r.finished_at < now() - make_interval(days => $2) AND r.owner IS NULL
        AND NOT EXISTS (SELECT FROM run_holds h WHERE h.run_id = r.id)
        AND NOT EXISTS (SELECT FROM wakeups w WHERE w.run_id = r.id)
        AND NOT EXISTS (SELECT FROM inbox m WHERE m.run_id = r.id AND m.handled_at IS NULL)
        AND (r.finished_at < now() - make_interval(days => $3) OR r.status IN ('undone', 'denied', 'rejected')
          OR NOT EXISTS (SELECT FROM change_sets c WHERE c.run_id = r.id AND c.begun_at IS NOT NULL))
        AND NOT EXISTS (SELECT FROM notification_cursors c JOIN events e ON e.run_id = r.id AND e.seq = r.seq
          WHERE c.org = r.org AND (e.xid, e.run_id, e.seq) > (c.xid, c.run_id, c.seq))) AS free
      FROM unit u JOIN runs r ON r.id = u.id`,
    values: [run, keepDays, undoDays],
  });
  const { ids = null, free = false } = rows[0] ?? {};
  return free === true ? ids : null;
}

/** Somebody needs one of the runs after all, or it changed since it was archived: none was purged. */
export const notPurgeable = "GR001";

/** @returns digests of the content of their logs. @throws an error of code `notPurgeable`. */
export async function purgeRuns(db: Queryable, runs: readonly string[]): Promise<Digest[]> {
  const { rows } = await db.query<{ logs: Digest[] }>("SELECT purge_archived_runs($1::uuid[]) AS logs", [runs]);
  return rows[0]?.logs ?? [];
}
