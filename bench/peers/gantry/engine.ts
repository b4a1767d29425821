import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient, type Client } from "@gantry/sdk/client";
import pg from "pg";
import { workChannel } from "../../../platform/src/store/journal/notify.ts";
import { insertRuns } from "../../../tests/fault/insert-runs.ts";
import { startProcess, stopProcess } from "../../../tests/fault/processes.ts";
import type { Engine, OpenOptions } from "../engine.ts";
import { startWorkerProcess } from "../worker-process.ts";

const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Of the driver: to the database, or to the API. */
const connections = 20;

export interface GantryOptions {
  runbook: string;
  /** Runs are put straight into the store, as libraries do with theirs, or asked for over HTTP. */
  through: "store" | "api";
  /** Where its agent is; the one that does the peers' steps unless told. */
  agent?: URL;
  /** Runs that its worker carries out at once. */
  capacity?: number;
  /** Of server and worker. */
  env?: Readonly<Record<string, string>>;
  /** Of the worker's Node. */
  flags?: readonly string[];
  prepare?(client: Client): Promise<unknown>;
}

/** A server and a worker, as they are installed. */
export async function openGantry(
  { folder, database }: OpenOptions,
  {
    runbook,
    through,
    agent = new URL("agent.ts", import.meta.url),
    capacity = 200,
    env = {},
    flags = [],
    prepare,
  }: GantryOptions,
): Promise<Engine> {
  const url = await database("gantry");
  const common = {
    GANTRY_DATABASE_URL: url,
    GANTRY_DATA_DIR: join(folder, "data"),
    // Roles belong to the server, and their passwords follow from the key: installations that share the one share the other.
    GANTRY_KEY_FILE: join(folder, "../platform.key"),
    GANTRY_PORT: "0",
    GANTRY_AGENTS: agent.href,
    GANTRY_LOG_LEVEL: "warn",
    ...env,
  };
  const server = await startProcess<{ url: string; key: string }>({
    file: at("../../../platform/src/main.ts"),
    env: { ...common, GANTRY_ROLE: "api" },
    log: join(folder, "server.log"),
  });
  const client = createClient({ url: server.ready.url, key: server.ready.key });
  await prepare?.(client);
  // As the server's owner, past row-level security.
  const db = new pg.Pool({ connectionString: url, max: connections });
  const call = { runbook, environment: "dev", parameters: {} };
  const { plan, digest } = await client.plans.create(call);
  const insert = async (count: number): Promise<string[]> => {
    const ids = await insertRuns(db, { plan, digest, count });
    await db.query(`NOTIFY ${workChannel}`);
    return ids;
  };
  const post = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    let left = count;
    const submit = async () => {
      for (; left > 0;) {
        left -= 1;
        ids.push((await client.runs.create(call)).id);
      }
    };
    await Promise.all(Array.from({ length: connections }, submit));
    return ids;
  };
  return {
    startWorker: ({ ledger, detection }) =>
      startWorkerProcess({
        file: at("worker.ts"),
        flags,
        env: {
          ...common,
          GANTRY_ROLE: "worker",
          GANTRY_WORKER_CAPACITY: String(capacity),
          ...(detection === "short" ? { GANTRY_LEASE_SECONDS: "3" } : {}),
          ...(ledger === null ? {} : { PEERS_LEDGER: String(ledger) }),
        },
        log: join(folder, "worker.log"),
      }),
    run: async (count) => allSucceeded(db, await (through === "api" ? post(count) : insert(count))),
    [Symbol.asyncDispose]: async () => {
      await db.end();
      await stopProcess(server);
    },
  };
}

async function allSucceeded(db: pg.Pool, runs: readonly string[]): Promise<void> {
  for (;;) {
    const { rows } = await db.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM runs WHERE id = ANY ($1::uuid[]) AND status = 'succeeded'",
      [runs],
    );
    if (rows[0]?.n === runs.length) return;
    await delay(5);
  }
}
