import { engineVersion } from "@gantry/sdk/core";
import type { Log } from "../lib/log.ts";
import type { Queryable } from "../store/queryable.ts";
import { insertSession, markSession } from "../store/journal/sessions.ts";
import type { DatabaseClock } from "./database-clock.ts";
import { startHeartbeat, type Heartbeat } from "./heartbeat.ts";
import type { WorkerConfig } from "./ports.ts";

export interface SessionDeps {
  db: Queryable;
  config: WorkerConfig;
  clock: DatabaseClock;
  newId(): string;
  log: Log;
  signal: AbortSignal;
  /** The one before it, of this process. */
  previous: string | null;
  /** Its runs belong to others now; a new session must be opened to go on. */
  onLost(id: string): void;
}

/** This process as a worker, until its lease is lost: then it goes on as another one. */
export interface Session {
  readonly id: string;
  /** True while nobody else can have taken its runs. */
  holds(): boolean;
  /** It was declared dead and never comes back. */
  isLost(): boolean;
  markDraining(): Promise<void>;
  /** Ends the lease in order: whoever claims next need not wait for it to run out. */
  close(): Promise<void>;
}

export async function openSession(deps: SessionDeps): Promise<Session> {
  const { db, config, clock, log, signal } = deps;
  const id = deps.newId();
  const { host, version, pool, capacity, agents, tools, leaseMs, databaseUrl, crashAt } = config;
  const { pid } = process;
  const { previous } = deps;
  await insertSession(db, { id, host, pid, version, engineVersion, pool, capacity, agents, tools, leaseMs, previous });
  let lost = false;
  const heartbeat: Heartbeat = await startHeartbeat({
    session: id,
    databaseUrl,
    leaseMs,
    crashAt,
    clock,
    log,
    signal,
    onLost: () => {
      lost = true;
      deps.onLost(id);
    },
  });
  return {
    id,
    holds: () => !lost && heartbeat.holds(),
    isLost: () => lost,
    markDraining: () => markSession(db, id, "draining"),
    close: async () => {
      await heartbeat.stop();
      if (!lost) await markSession(db, id, "stopped");
    },
  };
}
