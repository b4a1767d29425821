import type { HostTool } from "@gantry/sdk/api";
import type { Queryable } from "../organization.ts";

export interface WorkerRow {
  id: string;
  host: string;
  pid: number;
  version: string;
  pool: string;
  capacity: number;
  agents: { name: string; version: string }[];
  tools: HostTool[];
  state: "active" | "draining" | "stopped" | "dead";
  startedAt: Date;
  beatAt: Date;
  /** Since when it takes nothing more because somebody said so. */
  drainedAt: Date | null;
  /** Runs that it has in hand. */
  runs: number;
  /** By the database's clock, like the lease itself. */
  alive: boolean;
}

const select = `SELECT id, host, pid, version, pool, capacity, agents, tools, state, started_at AS "startedAt", beat_at AS "beatAt",
    drained_at AS "drainedAt", COALESCE(l.runs, 0)::int AS runs,
    state IN ('active', 'draining') AND beat_at > now() - lease_ms * interval '1 millisecond' AS alive
  FROM workers LEFT JOIN worker_loads() l ON l.worker = id`;

/** Workers that were heard of within a day, newest first. */
export async function listWorkers(db: Queryable): Promise<WorkerRow[]> {
  const { rows } = await db.query<WorkerRow>(
    `${select} WHERE beat_at > now() - interval '1 day' ORDER BY started_at DESC, id LIMIT 1000`,
  );
  return rows;
}

export async function findWorker(db: Queryable, id: string): Promise<WorkerRow | null> {
  const { rows } = await db.query<WorkerRow>(`${select} WHERE id = $1`, [id]);
  return rows[0] ?? null;
}
