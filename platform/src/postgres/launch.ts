import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../lib/log.ts";
import { meansDiskFull } from "./disk.ts";
import { DatabaseStartError, DiskFullError } from "./errors.ts";
import type { NativePostgres } from "./native.ts";
import { isAlive, readPostmaster, type Postmaster } from "./postmaster.ts";
import { asUser, dataDirectoryAsSeen, type RuntimeUser } from "./runtime-user.ts";
import { openServerLog, readServerLog, serverLogSize } from "./server-log.ts";
import { serverSettings } from "./settings.ts";

export interface LaunchOptions {
  cluster: string;
  native: NativePostgres;
  runAs: RuntimeUser | undefined;
  listen: { socketDirectory: string } | { port: number };
  log: Log;
}

/**
 * Starts the server and waits until it takes connections, however long the recovery after a crash takes.
 * It gets its own session, so that Ctrl-C in a terminal reaches only us, who then stop it in order.
 *
 * @throws {DiskFullError} when there is no room left
 * @throws {DatabaseStartError} when it ends instead, with what it said
 */
export async function launchPostgres(options: LaunchOptions): Promise<Postmaster> {
  const deadline = performance.now() + ORPHANS_GONE_MS;
  for (;;) {
    const output = await tryToLaunch(options);
    if (typeof output !== "string") return output;
    if (await meansDiskFull(output, options.cluster)) throw new DiskFullError(options.cluster);
    // Back-ends of a server that was killed notice within moments; until then Postgres rightly refuses to start.
    const orphans = /pre-existing shared memory block|lock file ".*" already exists/.test(output);
    if (!orphans || performance.now() > deadline) {
      throw new DatabaseStartError(`The database in ${options.cluster} didn't start.`, output);
    }
    await delay(100);
  }
}

/** Waits until a server is ready, or gone (undefined). */
export async function untilReady(cluster: string, pid: number, log: Log): Promise<Postmaster | undefined> {
  let nextNote = performance.now() + 5_000;
  for (;;) {
    const postmaster = await readPostmaster(cluster);
    if (postmaster?.pid === pid && postmaster.ready) return postmaster;
    if (!(await isAlive(cluster, pid))) return undefined;
    if (performance.now() > nextNote) {
      log.info({ pid }, "Postgres is recovering; waiting until it is ready");
      nextNote += 5_000;
    }
    await delay(10);
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const ORPHANS_GONE_MS = 15_000;

async function tryToLaunch({ cluster, native, runAs, listen, log }: LaunchOptions): Promise<Postmaster | string> {
  const logSize = await serverLogSize(cluster);
  const output = await openServerLog(cluster);
  try {
    const child = spawn(
      path.join(native.directory, "bin", "postgres"),
      ["-D", dataDirectoryAsSeen(cluster, runAs), ...serverSettings(asSeen(listen, cluster))],
      { ...asUser(runAs), cwd: cluster, detached: true, stdio: ["ignore", output.fd, output.fd] },
    );
    const pid = await spawned(child);
    const ended = new Promise<undefined>((resolve) => child.once("exit", () => resolve(undefined)));
    child.unref();
    const postmaster = await Promise.race([untilReady(cluster, pid, log), ended]);
    return postmaster ?? (await readServerLog(cluster, logSize));
  } finally {
    await output.close();
  }
}

/** The server works in the database directory; by its full name it may not be able to reach it. */
function asSeen(listen: LaunchOptions["listen"], cluster: string): LaunchOptions["listen"] {
  return "socketDirectory" in listen && listen.socketDirectory === cluster ? { socketDirectory: "." } : listen;
}

async function spawned(child: ChildProcess): Promise<number> {
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  return child.pid as number;
}
