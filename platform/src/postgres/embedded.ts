import { randomUUID } from "node:crypto";
import { access, chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Log } from "../lib/log.ts";
import { prepareDataDirectory } from "./data-directory.ts";
import { lockDataDirectory, type DataLock } from "./data-lock.ts";
import { meansDiskFull } from "./disk.ts";
import { DatabaseUnreachableError, DataDirectoryLockedError, DiskFullError } from "./errors.ts";
import { withClient } from "./connect.ts";
import { assertSameMajor, initializeCluster, readPassword, removeUnfinishedClusters, SUPERUSER } from "./initialize.ts";
import { freePort, launchPostgres, untilReady, type LaunchOptions } from "./launch.ts";
import { findNativePostgres } from "./native.ts";
import { disownPostmaster, isAlive, readPostmaster, type Postmaster } from "./postmaster.ts";
import { chooseRuntimeUser, type RuntimeUser } from "./runtime-user.ts";
import { SOCKET_PORT } from "./settings.ts";
import { superviseServer } from "./supervise.ts";

export interface EmbeddedOptions {
  /** Made where it is missing. */
  dataDir: string;
  log: Log;
}

export interface EmbeddedPostgres {
  /** Of the maintenance database `postgres`; for `bootstrapDatabase` only. */
  superuserUrl: string;
  /** True when the server was running already: an earlier process died without stopping it. */
  adopted: boolean;
  /** Process id of the server as it runs now; it changes when a crashed server is started again. */
  pid(): number;
  /** Ends all sessions, writes everything out and stops. Resolves when the server is gone. */
  stop(): Promise<void>;
}

/**
 * Runs the real Postgres on `<dataDir>/postgres`, making the database on first use (about 1.5 s).
 *
 * One process at a time owns the server of a data directory; others attach with `attachEmbeddedPostgres`. When the owner
 * is killed the server lives on, so that workers go on undisturbed, and the next owner adopts it. When the server dies the
 * owner starts it again.
 *
 * @throws {DataDirectoryLockedError} another process owns it
 * @throws {DataDirectoryUnwritableError}
 * @throws {DatabaseVersionChangedError} made by another major version
 * @throws {DiskFullError}
 * @throws {DatabaseStartError} with what the server said last
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  try {
    await prepareDataDirectory(options.dataDir);
    const lock = lockDataDirectory(options.dataDir);
    return await startLocked(options, lock).catch((error: unknown) => {
      lock.release();
      throw error;
    });
  } catch (error) {
    if (error instanceof DataDirectoryLockedError || error instanceof DiskFullError) throw error;
    throw (await meansDiskFull(error, options.dataDir)) ? new DiskFullError(options.dataDir, error) : error;
  }
}

async function startLocked({ dataDir, log }: EmbeddedOptions, lock: DataLock): Promise<EmbeddedPostgres> {
  const cluster = clusterIn(dataDir);
  const runAs = await chooseRuntimeUser([cluster, dataDir]);
  const native = await findNativePostgres(runAs);
  await removeUnfinishedClusters(dataDir);
  if (!(await isThere(cluster))) await initializeCluster(cluster, native, runAs);
  await assertSameMajor(cluster, native);

  const running = await adopt(cluster, log);
  const listen = running ? listening(running) : await chooseListen(cluster, runAs);
  const launch: LaunchOptions = { cluster, native, runAs, listen, log };
  const server = superviseServer(running ?? (await launchPostgres(launch)), launch);
  log.info({ pid: server.pid(), adopted: running !== undefined }, "Postgres is ready");
  return {
    superuserUrl: await superuserUrl(cluster, listen),
    adopted: running !== undefined,
    pid: server.pid,
    async stop() {
      try {
        await server.stop();
        await removeOwnSocketDirectory(cluster, listen);
      } finally {
        lock.release();
      }
    },
  };
}

/**
 * Finds the server that another process of this host runs on the data directory.
 *
 * @throws {DatabaseUnreachableError} when none runs there
 */
export async function attachEmbeddedPostgres({ dataDir }: { dataDir: string }): Promise<{ superuserUrl: string }> {
  const cluster = clusterIn(dataDir);
  const running = await readPostmaster(cluster);
  if (!running || !(await isAlive(cluster, running.pid))) {
    throw new DatabaseUnreachableError(cluster, new Error('nothing runs there; start it with "gantry up"'));
  }
  return { superuserUrl: await superuserUrl(cluster, listening(running)) };
}

function clusterIn(dataDir: string): string {
  return path.join(path.resolve(dataDir), "postgres");
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** The server that an earlier owner left running on this very directory, if any. */
async function adopt(cluster: string, log: Log): Promise<Postmaster | undefined> {
  const left = await readPostmaster(cluster);
  if (!left) return undefined;
  if (await isAlive(cluster, left.pid)) {
    const ready = await untilReady(cluster, left.pid, log);
    if (ready && (await servesThisDirectory(cluster, ready))) return ready;
  }
  if (await isThere(path.join(cluster, "postmaster.pid"))) await disownPostmaster(cluster);
  return undefined;
}

/**
 * Asks the server for a file that was written a moment ago. A pid file can be a copy (of a data directory that was copied
 * while its server ran), and then names a server that works elsewhere.
 */
async function servesThisDirectory(cluster: string, running: Postmaster): Promise<boolean> {
  const challenge = randomUUID();
  const file = path.join(cluster, "gantry.challenge");
  await writeFile(file, challenge);
  await chmod(file, 0o644);
  try {
    const url = await superuserUrl(cluster, listening(running));
    const { rows } = await withClient(url, { name: "gantry-adopt" }, (client) =>
      client.query<{ answer: string }>("SELECT pg_read_file('gantry.challenge') AS answer"),
    );
    return rows[0]?.answer === challenge;
  } catch {
    return false;
  } finally {
    await rm(file, { force: true });
  }
}

type Listen = LaunchOptions["listen"];

function listening(running: Postmaster): Listen {
  return running.socketDirectory ? { socketDirectory: running.socketDirectory } : { port: running.port };
}

/**
 * The socket lies in the database directory, which only its owner can enter. The system allows about 100 bytes for its
 * path: where that is too short it gets a folder of its own in the temporary directory, and Windows gets a port.
 */
async function chooseListen(cluster: string, runAs: RuntimeUser | undefined): Promise<Listen> {
  if (process.platform === "win32") return { port: await freePort() };
  if (fits(cluster)) return { socketDirectory: cluster };
  const directory = await mkdtemp(path.join(tmpdir(), "gantry-"));
  if (!fits(directory)) {
    await rm(directory, { recursive: true });
    return { port: await freePort() };
  }
  if (runAs) await chown(directory, runAs.uid, runAs.gid);
  return { socketDirectory: directory };
}

function fits(directory: string): boolean {
  const limit = process.platform === "linux" ? 107 : 103;
  return Buffer.byteLength(path.join(directory, `.s.PGSQL.${SOCKET_PORT}`)) <= limit;
}

async function removeOwnSocketDirectory(cluster: string, listen: Listen): Promise<void> {
  if ("socketDirectory" in listen && listen.socketDirectory !== cluster) {
    await rm(listen.socketDirectory, { recursive: true, force: true });
  }
}

async function superuserUrl(cluster: string, listen: Listen): Promise<string> {
  const url = new URL(`postgresql://${SUPERUSER}@localhost/postgres`);
  url.password = await readPassword(cluster);
  if ("socketDirectory" in listen) {
    url.searchParams.set("host", listen.socketDirectory);
    url.searchParams.set("port", String(SOCKET_PORT));
  } else {
    url.hostname = "127.0.0.1";
    url.port = String(listen.port);
  }
  return url.href;
}
