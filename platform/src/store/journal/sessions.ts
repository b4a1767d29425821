import type { HostTool } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

export interface Session {
  id: string;
  host: string;
  pid: number;
  version: string;
  engineVersion: number;
  pool: string;
  capacity: number;
  agents: readonly { name: string; version: string }[];
  tools: readonly HostTool[];
  leaseMs: number;
  /** The session of this process before, whose lease was lost: whoever drained it drained the process. */
  previous: string | null;
}

/** Registers a worker session. Its row is the registry entry and the lease of every run that it owns. */
export async function insertSession(db: Queryable, session: Session): Promise<void> {
  await db.query(
    `INSERT INTO workers (id, host, pid, version, engine_version, pool, capacity, agents, lease_ms, tools, beat_at, state, drained_at)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $11, clock_timestamp(), CASE WHEN p.at IS NULL THEN 'active' ELSE 'draining' END, p.at
     FROM (SELECT (SELECT drained_at FROM workers WHERE id = $10) AS at) p`,
    [
      session.id,
      session.host,
      session.pid,
      session.version,
      session.engineVersion,
      session.pool,
      session.capacity,
      JSON.stringify(session.agents),
      session.leaseMs,
      session.previous,
      JSON.stringify(session.tools),
    ],
  );
}

/** Renews the lease; the database's time, or null when the session was declared dead or has stopped. */
export async function beat(db: Queryable, id: string): Promise<number | null> {
  const { rows } = await db.query<{ at: string }>({
    name: "beat",
    text: `UPDATE workers SET beat_at = clock_timestamp() WHERE id = $1 AND state IN ('active', 'draining')
      RETURNING (extract(epoch FROM clock_timestamp()) * 1000)::text AS at`,
    values: [id],
  });
  return rows[0] ? Number(rows[0].at) : null;
}

export async function markSession(db: Queryable, id: string, state: "draining" | "stopped"): Promise<void> {
  await db.query("UPDATE workers SET state = $2 WHERE id = $1 AND state <> 'dead'", [id, state]);
}

/** For whoever runs the installation: the worker takes nothing more, or works again. One that ended stays as it is. */
export async function drainWorker(db: Queryable, id: string, wanted: boolean): Promise<void> {
  await db.query("SELECT drain_worker($1, $2)", [id, wanted]);
}

/** `run` null: it serves everybody again. */
export async function markAlone(db: Queryable, id: string, run: string | null): Promise<void> {
  await db.query("UPDATE workers SET alone_with = $2 WHERE id = $1", [id, run]);
}

/** Deaths in a row of workers that carried out a run and nothing else, without progress between them, until it is put aside. */
const deathsAlone = 2;

/**
 * Declares sessions dead whose lease ran out and frees their runs for others, fenced: whatever the old owner still writes
 * is refused. Not before Postgres itself has been up for longer than the lease: after an outage every beat is old.
 * Resolves to how many runs were freed.
 */
export async function buryDeadSessions(db: Queryable): Promise<number> {
  const { rowCount } = await db.query({
    name: "bury",
    text: `WITH dead AS (
        UPDATE workers SET state = 'dead'
        WHERE state IN ('active', 'draining')
          AND beat_at < clock_timestamp() - lease_ms * interval '1 millisecond'
          AND pg_postmaster_start_time() < clock_timestamp() - lease_ms * interval '1 millisecond'
        RETURNING id, alone_with),
      gone AS (
        SELECT id, alone_with, true AS crashed FROM dead
        -- A claim that was under way while its session was declared dead or stopped.
        UNION SELECT id, alone_with, state = 'dead' FROM workers WHERE state IN ('dead', 'stopped')),
      freed AS (
        UPDATE runs r SET owner = NULL, fence = r.fence + 1,
          alone_deaths = CASE WHEN gone.crashed AND gone.alone_with IS NOT DISTINCT FROM r.id THEN r.alone_deaths + 1 ELSE r.alone_deaths END,
          poisoned = r.poisoned OR (gone.crashed AND gone.alone_with IS NOT DISTINCT FROM r.id AND r.alone_deaths + 1 >= $1),
          crashes = CASE WHEN gone.crashed AND gone.alone_with IS NOT DISTINCT FROM r.id AND r.alone_deaths + 1 >= $1 THEN 0
            WHEN gone.crashed THEN r.crashes + 1 ELSE r.crashes END
        FROM gone WHERE r.owner = gone.id RETURNING r.id, r.org, r.pool, r.priority)
      INSERT INTO wakeups (run_id, org, pool, rank, due_at)
      SELECT id, org, pool, now() - priority * interval '5 minutes', now() FROM freed
      ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)`,
    values: [deathsAlone],
  });
  return rowCount ?? 0;
}

/** What no statement cleans up in passing: rows of sessions that ended an hour ago, and wakeups that a fault swallowed. */
export async function sweep(db: Queryable): Promise<void> {
  await db.query(
    `WITH old AS (DELETE FROM workers w WHERE state IN ('dead', 'stopped') AND beat_at < now() - interval '1 hour'
       AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.owner = w.id) RETURNING id)
     DELETE FROM lanes l USING old WHERE l.worker = old.id`,
  );
  await db.query(
    `WITH forgotten AS (
       SELECT run_id FROM inbox WHERE handled_at IS NULL
       UNION SELECT v.run_id FROM slot_waiters v LEFT JOIN slots s ON s.org = v.org AND s.key = v.key WHERE s.key IS NULL)
     INSERT INTO wakeups (run_id, org, pool, rank, due_at)
     SELECT r.id, r.org, r.pool, now() - r.priority * interval '5 minutes', now()
     FROM forgotten f JOIN runs r ON r.id = f.run_id WHERE r.owner IS NULL
     ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)`,
  );
}
