import type { Queryable } from "../organization.ts";

export interface ToolActivityRow {
  tool: string;
  calls: number;
  succeeded: number;
  failed: number;
  unknown: number;
  medianMs: number | null;
  p95Ms: number | null;
  /** Unix milliseconds. */
  lastAt: number;
}

export interface ToolActivityNumbers {
  since: Date;
  runs: number;
  tools: ToolActivityRow[];
}

/**
 * What became of the calls of tools, from the journal of the newest thousand runs of a week: a bounded read, so that nothing
 * needs to be counted while runs write. An attempt that nobody saw the end of counts by what it was settled as.
 */
export async function toolActivity(db: Queryable, org: string): Promise<ToolActivityNumbers> {
  const { rows } = await db.query<ToolActivityNumbers>(
    `WITH recent AS (
        SELECT id, plan_digest FROM runs WHERE org = $1 AND created_at > now() - interval '7 days'
        ORDER BY created_at DESC, id DESC LIMIT 1000),
      steps AS (
        SELECT p.digest, s ->> 'id' AS step, s ->> 'tool' AS tool
        FROM plans p, json_array_elements(${readable("p.plan")} -> 'steps') s
        WHERE p.org = $1 AND p.digest IN (SELECT plan_digest FROM recent) AND s ->> 'kind' = 'tool'),
      happened AS MATERIALIZED (
        SELECT r.id, r.plan_digest, e.type, e.at, ${readable("e.data")} AS data FROM recent r JOIN events e ON e.run_id = r.id
        WHERE e.type IN ('attempt.started', 'attempt.succeeded', 'attempt.failed', 'attempt.unknown', 'attempt.settled')),
      attempts AS (
        SELECT e.plan_digest, split_part(e.data ->> 'step', '[', 1) AS step, min(e.at) FILTER (WHERE e.type = 'attempt.started') AS started,
          max(e.at) FILTER (WHERE e.type IN ('attempt.succeeded', 'attempt.failed')) AS ended,
          bool_or(e.type = 'attempt.succeeded' OR coalesce(e.data ->> 'outcome' = 'done', false)) AS good,
          bool_or(e.type = 'attempt.failed' OR coalesce(e.data ->> 'outcome' = 'not_done', false)) AS bad,
          bool_or(e.type = 'attempt.unknown') AS unseen
        FROM happened e WHERE e.data ->> 'operation' = 'run'
        GROUP BY e.id, e.plan_digest, e.data ->> 'attemptId', step),
      tools AS (
        SELECT s.tool, count(*)::int AS calls, (count(*) FILTER (WHERE good))::int AS succeeded,
          (count(*) FILTER (WHERE bad AND NOT good))::int AS failed,
          (count(*) FILTER (WHERE unseen AND NOT good AND NOT bad))::int AS unknown,
          percentile_cont(0.5) WITHIN GROUP (ORDER BY ended - started) AS "medianMs",
          percentile_cont(0.95) WITHIN GROUP (ORDER BY ended - started) AS "p95Ms", max(started) AS "lastAt"
        FROM attempts a JOIN steps s ON s.digest = a.plan_digest AND s.step = a.step
        WHERE started IS NOT NULL GROUP BY s.tool)
      SELECT now() - interval '7 days' AS since, (SELECT count(*) FROM recent)::int AS runs,
        coalesce((SELECT json_agg(t ORDER BY tool) FROM tools t), '[]') AS tools`,
    [org],
  );
  const [numbers] = rows;
  if (numbers === undefined) throw new Error("A query without FROM gave no row.");
  return numbers;
}

/** Postgres can't look into JSON that holds NUL or half of a surrogate pair; the ids that are read here never do. */
function readable(column: string): string {
  return String.raw`regexp_replace(${column}::text, '\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\u0020', 'g')::json`;
}
