import { parentPort, workerData } from "node:worker_threads";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { armCrashPoint, crashPoint } from "../lib/crash-points.ts";
import { beat } from "../store/journal/sessions.ts";
import { monotonicMs } from "./database-clock.ts";
import type { HeartbeatMessage, HeartbeatSetup } from "./heartbeat.ts";

/** Renews the lease in a thread with a connection of its own: neither a busy event loop nor a busy pool delays it. */
async function keepBeating(setup: HeartbeatSetup, report: (message: HeartbeatMessage) => void): Promise<never> {
  const validity = new BigInt64Array(setup.validity);
  let client: pg.Client | null = null;
  for (;;) {
    // The lease counts from before the beat was sent, as the database may have stored it at once and answered late.
    const sentMono = process.hrtime.bigint();
    const sentWall = Date.now();
    const sentMs = monotonicMs();
    try {
      client ??= await connected(setup);
      crashPoint("during-heartbeat");
      const at = await beat(client, setup.session);
      if (at === null) {
        Atomics.store(validity, 0, 0n);
        report({ kind: "lost" });
        await client.end();
        process.exit(0);
      }
      Atomics.store(validity, 1, BigInt(sentWall + setup.leaseMs));
      Atomics.store(validity, 0, sentMono + BigInt(setup.leaseMs) * 1_000_000n);
      report({ kind: "beat", at, monotonicMs: (sentMs + monotonicMs()) / 2 });
      await delay(setup.leaseMs / 3);
    } catch (error) {
      report({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
      client?.end().catch(() => {});
      client = null;
      await delay(Math.min(1_000, setup.leaseMs / 10));
    }
  }
}

async function connected({ databaseUrl, leaseMs }: HeartbeatSetup): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: "gantry-heartbeat",
    connectionTimeoutMillis: leaseMs,
    // A beat that hangs is as good as none, but its connection would never be replaced.
    query_timeout: leaseMs,
    keepAlive: true,
  });
  client.on("error", () => {});
  await client.connect();
  return client;
}

const setup = workerData as HeartbeatSetup;
if (setup.crashAt) armCrashPoint(setup.crashAt);
void keepBeating(setup, (message) => parentPort?.postMessage(message));
