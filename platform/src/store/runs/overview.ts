import type { FinalStatus } from "@gantry/sdk";
import type { Queryable } from "../organization.ts";

export interface PoolRow {
  pool: string;
  workers: number;
  draining: number;
  lost: number;
  capacity: number;
  running: number;
  due: number;
  oldestDueAt: Date | null;
}

/** Pools that environments of the organization name or that workers serve. Runs are the organization's, as far as the caller sees them. */
export async function readPools(db: Queryable, org: string): Promise<PoolRow[]> {
  const { rows } = await db.query<PoolRow>(
    `WITH beating AS (
        SELECT pool, state, capacity, beat_at > now() - lease_ms * interval '1 millisecond' AS alive FROM workers
         WHERE state IN ('active', 'draining') OR state = 'dead' AND beat_at > now() - interval '1 hour'),
      served AS (
        SELECT pool, count(*) FILTER (WHERE alive AND state <> 'dead')::int AS workers,
          count(*) FILTER (WHERE alive AND state = 'draining')::int AS draining,
          count(*) FILTER (WHERE NOT alive OR state = 'dead')::int AS lost,
          COALESCE(sum(capacity) FILTER (WHERE alive AND state = 'active'), 0)::int AS capacity
        FROM beating GROUP BY pool),
      due AS (
        SELECT w.pool, count(*)::int AS n, min(w.due_at) AS oldest FROM wakeups w JOIN runs r ON r.id = w.run_id AND r.owner IS NULL
         WHERE w.org = $1 AND w.due_at <= now() GROUP BY w.pool),
      held AS (
        SELECT pool, count(*)::int AS n FROM runs WHERE org = $1 AND owner IS NOT NULL AND finished_at IS NULL GROUP BY pool),
      named AS (
        SELECT pool FROM served UNION SELECT pool FROM due UNION SELECT pool FROM held
        UNION SELECT pool FROM environments WHERE org = $1)
      SELECT n.pool, COALESCE(s.workers, 0) AS workers, COALESCE(s.draining, 0) AS draining, COALESCE(s.lost, 0) AS lost,
        COALESCE(s.capacity, 0) AS capacity, COALESCE(h.n, 0) AS running, COALESCE(d.n, 0) AS due, d.oldest AS "oldestDueAt"
      FROM named n LEFT JOIN served s USING (pool) LEFT JOIN due d USING (pool) LEFT JOIN held h USING (pool) ORDER BY n.pool`,
    [org],
  );
  return rows;
}

/** Transactions that readers of events wait for: those that began before the oldest that is still under way. */
export async function readFeedLag(db: Queryable): Promise<{ at: Date; lag: number }> {
  const { rows } = await db.query<{ at: Date; lag: number }>(
    `SELECT now() AS at, (pg_snapshot_xmax(s)::text::numeric - pg_snapshot_xmin(s)::text::numeric)::float8 AS lag
      FROM pg_current_snapshot() s`,
  );
  return rows[0] ?? { at: new Date(0), lag: 0 };
}

export interface DayRow {
  day: string;
  ends: Partial<Record<FinalStatus, number>>;
  successRate: number | null;
  takenBack: number;
  p50Ms: number | null;
  p95Ms: number | null;
}

/** Ends that people or policy decided on say nothing about how well runs go. */
const decided = `('canceled', 'denied', 'rejected')`;

/** How runs ended, by day (UTC), the last `days` without gaps. Dry runs are left out. */
export async function readTrend(
  db: Queryable,
  org: string,
  { project, environment, days }: { project: string | null; environment: string | null; days: number },
): Promise<DayRow[]> {
  const { rows } = await db.query<DayRow>(
    `WITH ended AS (
        SELECT (r.finished_at AT TIME ZONE 'UTC')::date AS day, r.status, EXTRACT(epoch FROM r.finished_at - r.created_at) * 1000 AS ms,
            -- It had ended well before.
            r.status = 'undone' AND EXISTS (SELECT FROM events e
              WHERE e.org = r.org AND e.run_id = r.id AND e.type = 'run.finished' AND e.data->>'status' = 'succeeded') AS taken_back
          FROM runs r JOIN projects p ON p.id = r.project
         WHERE r.org = $1 AND r.finished_at >= ((now() AT TIME ZONE 'UTC')::date - ($4::int - 1)) AT TIME ZONE 'UTC' AND NOT r.dry_run
           AND ($2::text IS NULL OR p.name = $2) AND ($3::text IS NULL OR r.environment = $3)),
      counted AS (
        SELECT day, json_object_agg(status, n) AS ends FROM (SELECT day, status, count(*)::int AS n FROM ended GROUP BY 1, 2) c GROUP BY day),
      went AS (
        SELECT day, avg((status = 'succeeded')::int)::float8 AS rate, percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY ms::float8) AS ms
          FROM ended WHERE status NOT IN ${decided} AND NOT taken_back GROUP BY day),
      back AS (SELECT day, count(*)::int AS n FROM ended WHERE taken_back GROUP BY day)
      SELECT to_char(d, 'YYYY-MM-DD') AS day, COALESCE(c.ends, '{}') AS ends, w.rate AS "successRate", COALESCE(b.n, 0) AS "takenBack", w.ms[1] AS "p50Ms", w.ms[2] AS "p95Ms"
      FROM generate_series((now() AT TIME ZONE 'UTC')::date - ($4::int - 1), (now() AT TIME ZONE 'UTC')::date, '1 day') d
      LEFT JOIN counted c ON c.day = d::date LEFT JOIN went w ON w.day = d::date LEFT JOIN back b ON b.day = d::date ORDER BY d`,
    [org, project, environment, days],
  );
  return rows;
}
