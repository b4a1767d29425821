import { Worker } from "node:worker_threads";
import type { Log } from "../lib/log.ts";
import type { DatabaseClock } from "./database-clock.ts";

export interface HeartbeatSetup {
  session: string;
  databaseUrl: string;
  leaseMs: number;
  crashAt: string | null;
  /** [monotonic nanoseconds, wall milliseconds] until which the lease certainly holds. */
  validity: SharedArrayBuffer;
}

export type HeartbeatMessage =
  | { kind: "beat"; at: number; monotonicMs: number }
  | { kind: "failed"; message: string }
  | { kind: "lost" };

export interface Heartbeat {
  /** True while nobody else can have taken this session's runs. */
  holds(): boolean;
  stop(): Promise<void>;
}

export interface HeartbeatDeps {
  session: string;
  databaseUrl: string;
  leaseMs: number;
  crashAt: string | null;
  clock: DatabaseClock;
  log: Log;
  /** Ends the wait for a database that doesn't come back, and the thread with it. */
  signal: AbortSignal;
  /** The session was declared dead; its runs belong to others. */
  onLost(): void;
}

/** Keeps a session's lease. Resolves after the first beat. */
export async function startHeartbeat(deps: HeartbeatDeps): Promise<Heartbeat> {
  const { session, databaseUrl, leaseMs, crashAt, clock, log, signal } = deps;
  const validity = new SharedArrayBuffer(16);
  const until = new BigInt64Array(validity);
  const setup: HeartbeatSetup = { session, databaseUrl, leaseMs, crashAt, validity };
  const thread = new Worker(new URL("./heartbeat-thread.ts", import.meta.url), { workerData: setup });
  let stopping = false;
  let failing = false;
  let lost = false;
  const lose = (): void => {
    if (lost || stopping) return;
    lost = true;
    deps.onLost();
  };
  const first = Promise.withResolvers<void>();
  thread.on("message", (message: HeartbeatMessage) => {
    switch (message.kind) {
      case "beat":
        failing = false;
        clock.set(message.at, message.monotonicMs);
        return first.resolve();
      case "failed":
        if (!failing) log.warn({ session, reason: message.message }, "The heartbeat can't reach the database");
        failing = true;
        return;
      case "lost":
        first.resolve();
        return lose();
      default:
        return message satisfies never;
    }
  });
  thread.on("error", (error: unknown) => {
    // Without its thread the lease runs out by itself; a new session begins with a new thread.
    log.error({ err: error, session }, "The heartbeat's thread ended");
    Atomics.store(until, 0, 0n);
    first.resolve();
    lose();
  });
  const giveUp = (): void => {
    stopping = true;
    void thread.terminate();
    first.resolve();
  };
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  await first.promise;
  return {
    holds: () => Atomics.load(until, 0) > process.hrtime.bigint() && Atomics.load(until, 1) > BigInt(Date.now()),
    stop: async () => {
      stopping = true;
      signal.removeEventListener("abort", giveUp);
      await thread.terminate();
    },
  };
}
