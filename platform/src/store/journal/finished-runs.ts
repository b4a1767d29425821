import type { FinalStatus } from "@gantry/sdk";
import type { RunSource } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

export interface FinishedRun {
  run: string;
  runbook: string | null;
  environment: string;
  status: FinalStatus;
  goal: string;
  requester: string;
  finishedAt: Date;
  /** Of runs that started each other by triggers. */
  depth: number;
}

/**
 * Runs of the project that came to such an end since then and that the trigger hasn't seen, oldest first. Sub-runs are their
 * parents' business.
 */
export async function finishedRuns(
  db: Queryable,
  {
    trigger,
    org,
    project,
    source,
    since,
  }: { trigger: string; org: string; project: string; source: RunSource; since: number },
  limit: number,
): Promise<FinishedRun[]> {
  const { rows } = await db.query<FinishedRun>({
    name: "finished-runs",
    text: `SELECT r.id AS run, r.runbook, r.environment, r.status, r.goal, r.actor_name AS requester,
        r.finished_at AS "finishedAt", r.trigger_depth AS depth
      FROM runs r
      WHERE r.org = $1 AND r.finished_at > $2 AND r.project = $3 AND r.parent IS NULL AND r.status = ANY ($4::text[])
        AND ($5::text IS NULL OR r.runbook = $5) AND ($6::text IS NULL OR r.environment = $6)
        AND NOT EXISTS (SELECT FROM trigger_keys k WHERE k.trigger_id = $7 AND k.key = 'run ' || r.id || ' ' || r.status)
      ORDER BY r.finished_at LIMIT $8`,
    values: [
      org,
      new Date(since),
      project,
      source.status,
      source.runbook ?? null,
      source.environment ?? null,
      trigger,
      limit,
    ],
  });
  return rows;
}
