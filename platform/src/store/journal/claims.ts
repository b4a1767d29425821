import type { Queryable } from "../queryable.ts";

export interface ClaimRequest {
  session: string;
  pool: string;
  /** Meanings of events that this worker knows. */
  engineVersions: readonly number[];
  limit: number;
  /** How many workers have died of them, at least and at most: suspects are claimed apart from the others, in groups. */
  crashes: readonly [number, number];
}

export interface ClaimedRun {
  id: string;
  org: string;
  fence: number;
  crashes: number;
}

/**
 * Takes due runs that nobody owns, organizations in turn, within one by rank (due time less five minutes per priority).
 * Two workers never get the same run; what another is just taking is skipped.
 */
export async function claimRuns(db: Queryable, request: ClaimRequest): Promise<ClaimedRun[]> {
  const { rows } = await db.query<ClaimedRun>({
    name: "claim",
    text: `WITH RECURSIVE orgs AS (
        (SELECT org FROM wakeups ORDER BY org LIMIT 1)
        UNION ALL
        SELECT (SELECT w.org FROM wakeups w WHERE w.org > orgs.org ORDER BY w.org LIMIT 1) FROM orgs WHERE orgs.org IS NOT NULL),
      candidates AS MATERIALIZED (
        SELECT c.run_id, row_number() OVER (PARTITION BY c.org ORDER BY c.rank) AS turn, c.rank
        FROM orgs CROSS JOIN LATERAL (
          SELECT w.run_id, w.org, w.rank FROM wakeups w JOIN runs r ON r.id = w.run_id
          -- Due time is at most 50 minutes (priority -10) before rank, so the scan needn't look at later ones.
          WHERE w.org = orgs.org AND w.rank <= now() + interval '51 minutes' AND w.due_at <= now() AND w.pool = $2
            AND r.owner IS NULL AND r.engine_version = ANY ($3::int[]) AND r.crashes BETWEEN $5 AND $6
          ORDER BY w.rank LIMIT $4 * 2) c),
      picked AS MATERIALIZED (SELECT run_id, turn, rank FROM candidates ORDER BY turn, rank LIMIT $4 * 2),
      locked AS MATERIALIZED (
        SELECT w.run_id FROM wakeups w JOIN picked USING (run_id) WHERE w.due_at <= now()
        ORDER BY picked.turn, picked.rank LIMIT $4 FOR UPDATE OF w SKIP LOCKED),
      mine AS (
        UPDATE runs r SET owner = $1, fence = r.fence + 1 FROM locked
        WHERE r.id = locked.run_id AND r.owner IS NULL
          AND EXISTS (SELECT 1 FROM workers s WHERE s.id = $1 AND s.state = 'active')
        RETURNING r.id, r.org, r.fence, r.crashes, r.seq),
      gone AS (DELETE FROM wakeups w USING mine WHERE w.run_id = mine.id),
      -- Nothing of a run that never began can be under way, and its first write asks for owner and fence: a claim that a crash
      -- of the database takes back is refused there. So nobody waits for the disk here.
      haste AS MATERIALIZED (
        SELECT set_config('synchronous_commit', 'off', true) FROM mine HAVING max(seq) = 1)
      SELECT id, org, fence, crashes FROM mine LEFT JOIN haste ON true`,
    values: [request.session, request.pool, [...request.engineVersions], request.limit, ...request.crashes],
  });
  return rows;
}

/** How the due suspects of a pool stand: the most crashes that any of them has seen; null when there are none. */
export async function worstSuspect(db: Queryable, pool: string): Promise<number | null> {
  const { rows } = await db.query<{ crashes: number | null }>({
    name: "worst-suspect",
    text: `SELECT max(r.crashes) AS crashes FROM runs r JOIN wakeups w ON w.run_id = r.id
      WHERE r.crashes > 0 AND r.owner IS NULL AND w.pool = $1 AND w.due_at <= now()`,
    values: [pool],
  });
  return rows[0]?.crashes ?? null;
}

/** Gives a run back that this session can't carry on; somebody looks at it again after `afterMs`. */
export async function giveBack(db: Queryable, session: string, run: string, afterMs: number): Promise<void> {
  await db.query(
    `WITH r AS (UPDATE runs SET owner = NULL WHERE id = $1 AND owner = $2 RETURNING id, org, pool, priority)
     INSERT INTO wakeups (run_id, org, pool, rank, due_at)
     SELECT id, org, pool, due - priority * interval '5 minutes', due
     FROM r CROSS JOIN (SELECT now() + $3 * interval '1 millisecond' AS due) d
     ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)`,
    [run, session, afterMs],
  );
}
