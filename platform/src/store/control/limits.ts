import { describeLimit } from "../journal/permits.ts";
import type { Queryable } from "../queryable.ts";

export interface LimitRow {
  id: string;
  kind: "rate" | "concurrency";
  what: string;
  tool: string | null;
  connection: string | null;
  project: string | null;
  environment: string | null;
  amount: number;
  perMs: number | null;
  inUse: number;
  waiting: number;
  updatedAt: Date;
  actor: string;
}

export interface NewLimit extends Pick<
  LimitRow,
  "id" | "kind" | "tool" | "connection" | "environment" | "amount" | "perMs" | "actor"
> {
  org: string;
  /** Its id. */
  project: string | null;
}

/** Sets it, or changes the one that is of the very same; whoever waits looks again. @returns its id. */
export async function putLimit(db: Queryable, limit: NewLimit): Promise<string> {
  const { org, id, kind, tool, connection, project, environment, amount, perMs, actor } = limit;
  const { rows } = await db.query<{ id: string }>(
    `INSERT INTO limits (org, id, kind, tool, connection, project, environment, amount, per_ms, actor)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (org, kind, tool, connection, project, environment)
     DO UPDATE SET amount = excluded.amount, per_ms = excluded.per_ms, actor = excluded.actor, updated_at = now()
     RETURNING id`,
    [org, id, kind, tool, connection, project, environment, amount, perMs, actor],
  );
  const stored = rows[0]?.id ?? id;
  // Turns and times are those of the limit as it was. What was used has been used by now, so this much later it is free.
  await db.query(
    `UPDATE limit_counters SET tail = 0, marks = CASE WHEN json_array_length(marks) = 0 OR $3::bigint IS NULL THEN '[]'::json
       ELSE json_build_array(json_build_array((extract(epoch FROM clock_timestamp()) * 1000)::bigint + $3::bigint,
         (SELECT sum((m ->> 1)::int) FROM json_array_elements(marks) m))) END
     WHERE org = $1 AND id = $2`,
    [org, stored, perMs],
  );
  await wakeAllWaiters(db, stored);
  return stored;
}

/** @returns false when the organization has none of that id. */
export async function deleteLimit(db: Queryable, org: string, id: string): Promise<boolean> {
  await wakeAllWaiters(db, id);
  const { rowCount } = await db.query("DELETE FROM limits WHERE org = $1 AND id = $2", [org, id]);
  await db.query("DELETE FROM limit_counters WHERE org = $1 AND id = $2", [org, id]);
  return (rowCount ?? 0) > 0;
}

export async function listLimits(db: Queryable, org: string): Promise<LimitRow[]> {
  const { rows } = await db.query<Omit<LimitRow, "what">>(
    `SELECT l.id, l.kind, l.tool, l.connection, p.name AS project, l.environment, l.amount, l.per_ms::float8 AS "perMs",
       COALESCE(c.held, 0) AS "inUse", l.updated_at AS "updatedAt", l.actor,
       (SELECT count(*)::int FROM permit_waiters w WHERE w.target = l.id) AS waiting
     FROM limits l LEFT JOIN limit_counters c ON c.id = l.id LEFT JOIN projects p ON p.id = l.project
     WHERE l.org = $1 ORDER BY l.connection NULLS FIRST, l.tool NULLS FIRST, l.kind, p.name NULLS FIRST, l.environment NULLS FIRST`,
    [org],
  );
  return rows.map((row) => ({ ...row, what: describeLimit(row) }));
}

/** What they wait for was changed by a person: all look again. */
export async function wakeAllWaiters(db: Queryable, target: string): Promise<void> {
  await db.query(
    `INSERT INTO wakeups (run_id, org, pool, rank, due_at)
     SELECT r.id, r.org, r.pool, now() - r.priority * interval '5 minutes', now()
     FROM permit_waiters w JOIN runs r ON r.id = w.run_id WHERE w.target = $1 AND r.finished_at IS NULL
     ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)`,
    [target],
  );
}
