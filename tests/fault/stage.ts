import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createClient, type Client } from "@gantry/sdk/client";
import pg from "pg";
import { attachEmbeddedPostgres } from "../../platform/src/postgres/index.ts";
import { compiledProgram } from "../support/compiled.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import { startProcess, stopProcess, type Running } from "./processes.ts";

const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const platform = at("../../platform/src/main.ts");
const lightWorker = at("light-worker-process.ts");

/** Seconds: the shortest lease that the configuration allows. */
export const leaseSeconds = 3;

interface PlatformReady {
  url: string | null;
  key: string | null;
}

export type WorkerProcess = Running<PlatformReady>;

export interface WorkerOptions {
  crashAt?: string;
  env?: Readonly<Record<string, string>>;
  /** Costs half as much to start: engine, runner and shim without the rest of a platform. */
  light?: boolean;
}

/** A whole installation of real processes: a server with its own Postgres, workers as they are started, and the ledger. */
export interface Stage extends AsyncDisposable {
  folder: string;
  dataDir: string;
  /** Past row-level security: to look with. */
  db: pg.Pool;
  superuserUrl: string;
  /** Folder of the database's socket. */
  ledger: string;
  /** Of the requester, and of somebody else who may approve. */
  requester: Client;
  approver: Client;
  /** @throws NotReadyError, also when a crash point was reached before it was ready */
  startWorker(options?: WorkerOptions): Promise<WorkerProcess>;
  /** Kills the server with SIGKILL and starts another one at the same address. */
  replaceServer(): Promise<void>;
  killPostgres(): Promise<void>;
  entriesOf(runs: readonly string[]): Promise<LedgerEntry[]>;
  /** Processes of this installation besides server, database and ledger. */
  strangers(): Promise<string[]>;
}

export async function openStage(folder: string): Promise<Stage> {
  const dataDir = join(folder, "data");
  await mkdir(dataDir, { recursive: true });
  const port = await freePort();
  const common = {
    GANTRY_DATA_DIR: dataDir,
    GANTRY_PORT: String(port),
    GANTRY_LEASE_SECONDS: String(leaseSeconds),
    GANTRY_AGENTS: pathToFileURL(at("agent/agent.ts")).href,
    GANTRY_LOG_LEVEL: "info",
    // Not one of its own: who is killed writes none, and would start uncompiled each time.
    NODE_COMPILE_CACHE: compiledProgram.NODE_COMPILE_CACHE,
  };
  const startServer = (): Promise<Running<PlatformReady>> =>
    startProcess({ file: platform, env: { ...common, GANTRY_ROLE: "api" }, log: join(folder, "server.log") });
  let server = await startServer();
  const { superuserUrl: maintenance } = await attachEmbeddedPostgres({ dataDir });
  const superuserUrl = withDatabase(maintenance, "gantry");
  const db = new pg.Pool({ connectionString: superuserUrl, max: 6 });
  db.on("error", () => {});
  const ledger = await startProcess<{ url: string }>({
    file: at("ledger-process.ts"),
    args: [join(folder, "ledger.ndjson"), superuserUrl],
    log: join(folder, "ledger.log"),
  });
  const url = server.ready.url ?? "";
  // A server that was killed leaves the keys of its requests taken for seconds; calls are repeated for longer than that.
  const tries = 40;
  const requester = createClient({ url, key: server.ready.key ?? "", tries });
  const approver = createClient({ url, key: await approverKey(requester), tries });
  let workers = 0;

  return {
    folder,
    dataDir,
    db,
    superuserUrl,
    ledger: ledger.ready.url,
    requester,
    approver,
    startWorker: ({ crashAt, env = {}, light = false } = {}) => {
      workers += 1;
      const armed = crashAt === undefined ? {} : { GANTRY_CRASH_AT: crashAt };
      // In a sandbox a command takes three times as long to start.
      const lightly = light ? { GANTRY_DATABASE_URL: superuserUrl, GANTRY_SANDBOX: "off" } : {};
      return startProcess({
        file: light ? lightWorker : platform,
        env: { ...common, GANTRY_ROLE: "worker", ...lightly, ...armed, ...env },
        log: join(folder, `worker-${workers}.log`),
      });
    },
    replaceServer: async () => {
      server.child.kill("SIGKILL");
      await server.ended;
      server = await startServer();
    },
    killPostgres: async () => {
      const pid = await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8");
      process.kill(Number(pid.split("\n")[0]), "SIGKILL");
    },
    entriesOf: async (runs) => {
      const response = await fetch(`${ledger.ready.url}/entries`, { method: "POST", body: JSON.stringify(runs) });
      return (await response.json()) as LedgerEntry[];
    },
    strangers: () => strangersOf(dataDir, [process.pid, server.pid, ledger.pid]),
    [Symbol.asyncDispose]: async () => {
      await db.end();
      await stopProcess(ledger, 0);
      await stopProcess(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A second identity: who asks for a change can't approve it. */
async function approverKey(administrator: Client): Promise<string> {
  const actor = await administrator.actors.create({ name: "approver", groups: ["approvers"] });
  const { key } = await administrator.apiKeys.create({ actor: actor.id, scopes: ["read", "approve", "run"] });
  return key;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

/** Everything that Gantry starts carries the data directory in its environment: as HOME, cache or setting. */
async function strangersOf(dataDir: string, known: readonly number[]): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || known.includes(Number(pid))) continue;
    const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
    if (!(await read("environ")).includes(dataDir)) continue;
    const command = (await read("cmdline")).replaceAll("\0", " ").trim();
    // A server that adopts a database doesn't start it; one that starts it gives it its own environment.
    if (command !== "" && !command.startsWith("postgres") && !command.includes("/bin/postgres"))
      found.push(`${pid} ${command}`);
  }
  return found;
}

/** Asks again while the answer is undefined. @throws Error when it takes too long */
export async function until<T>(what: string, check: () => Promise<T | undefined>, patienceMs = 60_000): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = await check().catch(() => undefined);
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`It took more than ${patienceMs / 1_000} s until ${what}.`);
    await delay(50);
  }
}
