import type { QueueGroup } from "@gantry/sdk/api";
import type { Queryable } from "../organization.ts";
import { runColumns, type RunRow } from "./run-list.ts";

export interface QueueFilter {
  status: string | null;
  on: string | null;
  project: string | null;
  environment: string | null;
  pool: string | null;
}

export type QueueSort = "age" | "priority" | "line";

/** The last run of a page: two numbers that it is sorted by, in text as they may be large, and its id. */
export interface QueuePosition {
  first: string;
  second: string;
  id: string;
}

export interface QueueRow extends RunRow {
  group: QueueGroup;
  pool: string;
  since: Date;
  place: number | null;
  dueAt: Date | null;
  worker: string | null;
  /** The run that has the slot, or is the sub-run, that it waits for. */
  holder: string | null;
}

/**
 * Every run of the organization that hasn't ended: whether it is due with nobody having it, in a worker's hands, or waits, and since
 * when. Where a wait doesn't say when it began, it did with the run's newest event. Places are counted before anything is filtered out.
 */
const live = `live AS MATERIALIZED (
    SELECT *, CASE "group" WHEN 'in_line' THEN COALESCE(due_at, created_at) WHEN 'running' THEN created_at
        ELSE COALESCE(to_timestamp((waiting ->> 'since')::float8 / 1000), updated_at) END AS since,
      CASE WHEN "group" = 'in_line' THEN row_number() OVER (PARTITION BY pool, "group" ORDER BY rank, id) END AS place
    FROM (
      SELECT r.id, r.status, r.environment, r.project, r.waiting, r.waiting ->> 'on' AS "on", r.priority, r.pool, r.owner, r.created_at,
          r.updated_at, w.due_at, w.rank,
          CASE WHEN r.owner IS NULL AND (w.due_at <= now() OR r.status = 'queued') THEN 'in_line'
            WHEN r.owner IS NOT NULL AND r.waiting IS NULL THEN 'running' ELSE 'waiting' END AS "group"
        FROM runs r LEFT JOIN wakeups w ON w.run_id = r.id AND w.org = $1 WHERE r.org = $1 AND r.finished_at IS NULL) q),
  chosen AS (
    SELECT * FROM live WHERE ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR "on" = $3)
       AND ($4::text IS NULL OR project = (SELECT id FROM projects WHERE org = $1 AND name = $4))
       AND ($5::text IS NULL OR environment = $5) AND ($6::text IS NULL OR pool = $6))`;

const micros = (time: string): string => `(EXTRACT(epoch FROM ${time}) * 1000000)::bigint`;

const keys: Record<QueueSort, readonly [string, string]> = {
  age: [micros("since"), "0::bigint"],
  priority: ["-priority::bigint", micros("since")],
  line: [`COALESCE(${micros("rank")}, 9223372036854775807)`, micros("since")],
};

/** A page of them behind a position; of one group or of all. */
export async function listQueue(
  db: Queryable,
  org: string,
  { filter, group, sort }: { filter: QueueFilter; group: QueueGroup | null; sort: QueueSort },
  after: QueuePosition | null,
  limit: number,
): Promise<{ row: QueueRow; position: QueuePosition }[]> {
  const [first, second] = keys[sort];
  const { rows } = await db.query<QueueRow & { first: string; second: string }>(
    `WITH ${live},
      page AS (
        SELECT * FROM (SELECT *, ${first} AS first, ${second} AS second FROM chosen WHERE $7::text IS NULL OR "group" = $7) k
         WHERE $8::bigint IS NULL OR (first, second, id) > ($8, $9::bigint, $10::uuid)
         ORDER BY first, second, id LIMIT $11)
      SELECT ${runColumns}, q."group", q.pool, q.since, q.place::int AS place, q.due_at AS "dueAt", q.owner AS worker,
        q.first::text AS first, q.second::text AS second,
        CASE q."on" WHEN 'child' THEN q.waiting ->> 'detail'
          WHEN 'slot' THEN (
            SELECT h.id::text FROM slots o JOIN runs h ON h.id = o.run_id WHERE o.org = $1 AND o.key = q.waiting ->> 'detail') END AS holder
      FROM page q JOIN runs r ON r.id = q.id JOIN projects p ON p.id = r.project LEFT JOIN triggers t ON t.id = r.trigger_id
      ORDER BY q.first, q.second, q.id`,
    [org, ...valuesOf(filter), group, after?.first ?? null, after?.second ?? null, after?.id ?? null, limit],
  );
  return rows.map(({ first: one, second: two, ...row }) => ({
    row,
    position: { first: one, second: two, id: row.id },
  }));
}

export interface QueueCounts {
  groups: Partial<Record<QueueGroup, number>>;
  statuses: Record<string, number>;
  on: Record<string, number>;
}

export async function countQueue(db: Queryable, org: string, filter: QueueFilter): Promise<QueueCounts> {
  const { rows } = await db.query<{ group: QueueGroup; status: string; on: string | null; n: number }>(
    `WITH ${live} SELECT "group", status, "on", count(*)::int AS n FROM chosen GROUP BY 1, 2, 3`,
    [org, ...valuesOf(filter)],
  );
  const counts: QueueCounts = { groups: {}, statuses: {}, on: {} };
  for (const { group, status, on, n } of rows) {
    counts.groups[group] = (counts.groups[group] ?? 0) + n;
    counts.statuses[status] = (counts.statuses[status] ?? 0) + n;
    if (on !== null) counts.on[on] = (counts.on[on] ?? 0) + n;
  }
  return counts;
}

function valuesOf({ status, on, project, environment, pool }: QueueFilter): (string | null)[] {
  return [status, on, project, environment, pool];
}
