import type { Queryable } from "./organization.ts";

export interface WorkerRow {
  id: string;
  host: string;
  pid: number;
  version: string;
  pool: string;
  capacity: number;
  agents: { name: string; version: string }[];
  state: "active" | "draining" | "stopped" | "dead";
  startedAt: Date;
  beatAt: Date;
  /** By the database's clock, like the lease itself. */
  alive: boolean;
}

/** Workers that were heard of within a day, newest first. */
export async function listWorkers(db: Queryable): Promise<WorkerRow[]> {
  const { rows } = await db.query<WorkerRow>(
    `SELECT id, host, pid, version, pool, capacity, agents, state, started_at AS "startedAt", beat_at AS "beatAt",
        state IN ('active', 'draining') AND beat_at > now() - lease_ms * interval '1 millisecond' AS alive
      FROM workers WHERE beat_at > now() - interval '1 day' ORDER BY started_at DESC, id LIMIT 1000`,
  );
  return rows;
}
