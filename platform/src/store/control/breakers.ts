import type { Queryable } from "../queryable.ts";
import { wakeAllWaiters } from "./limits.ts";

export interface BreakerListRow {
  id: string;
  connection: string;
  project: string | null;
  environment: string | null;
  state: "closed" | "open" | "half_open";
  failures: number[];
  openedAt: number | null;
  retryAt: number | null;
  reason: string | null;
  waiting: number;
}

/** Those of connections that have failed; the ones that aren't closed first. */
export async function listBreakers(db: Queryable, org: string, id?: string): Promise<BreakerListRow[]> {
  const { rows } = await db.query<BreakerListRow>(
    `SELECT b.id, b.connection, p.name AS project, b.environment, b.state, b.failures, b.opened_at::float8 AS "openedAt",
       b.retry_at::float8 AS "retryAt", b.reason,
       (SELECT count(*)::int FROM permit_waiters w WHERE w.target = b.id) AS waiting
     FROM breakers b LEFT JOIN projects p ON p.id = b.project
     WHERE b.org = $1 AND ($2::uuid IS NULL OR b.id = $2)
     ORDER BY b.state = 'closed', b.connection, p.name NULLS FIRST, b.environment NULLS FIRST`,
    [org, id ?? null],
  );
  return rows;
}

/** Closes it whatever it is, and wakes whoever waits. @returns false when the organization has none of that id. */
export async function resetBreaker(db: Queryable, org: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE breakers SET state = 'closed', failures = '[]', opened_at = NULL, retry_at = NULL, open_ms = 0, trial = NULL,
       reason = NULL, updated_at = now() WHERE org = $1 AND id = $2`,
    [org, id],
  );
  if (rowCount === 0) return false;
  await wakeAllWaiters(db, id);
  return true;
}
