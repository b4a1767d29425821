import { setTimeout as delay } from "node:timers/promises";
import { launchPostgres, type LaunchOptions } from "./launch.ts";
import { isAlive, readPostmaster, type Postmaster } from "./postmaster.ts";
import { rotateServerLog } from "./server-log.ts";

export interface SupervisedServer {
  pid(): number;
  /** A second call waits for the first. */
  stop(): Promise<void>;
}

/**
 * Keeps the server running until it is stopped: one that died (killed, out of memory) is started again on the same
 * address, so that clients need only reconnect. A process that ends without calling `stop` takes the server along,
 * unless it is killed.
 */
export function superviseServer(first: Postmaster, launch: LaunchOptions): SupervisedServer {
  const { cluster, log } = launch;
  let pid = first.pid;
  let dead = false;
  let stopped: Promise<void> | undefined;
  const stopping = new AbortController();

  // A dead server's number may belong to another program by now.
  const endWithUs = () => dead || signal(pid, "SIGINT");
  process.once("exit", endWithUs);
  const watching = watch();

  return {
    pid: () => pid,
    stop: () => (stopped ??= stop()),
  };

  async function stop(): Promise<void> {
    stopping.abort();
    await watching;
    await stopServer(cluster, pid);
    process.off("exit", endWithUs);
  }

  async function watch(): Promise<void> {
    let failures = 0;
    while (await pause(WATCH_MS)) {
      if (await isAlive(cluster, pid)) {
        await rotateServerLog(cluster).catch((err: unknown) => log.warn({ err }, "postgres.log couldn't be rotated"));
        continue;
      }
      dead = true;
      log.error({ pid }, "Postgres died; starting it again");
      try {
        pid = (await launchPostgres(launch)).pid;
        dead = false;
        failures = 0;
        log.info({ pid }, "Postgres is ready again");
      } catch (error) {
        log.error({ err: error }, "Postgres didn't start again; trying once more soon");
        await pause(Math.min(200 * 2 ** failures++, 10_000));
      }
    }
  }

  /** False when we are stopping. An adopted server isn't our child, so death is polled, not announced. */
  async function pause(ms: number): Promise<boolean> {
    await delay(ms, undefined, { ref: false, signal: stopping.signal }).catch(() => {});
    return !stopping.signal.aborted;
  }
}

const WATCH_MS = 250;
const PATIENCE_MS = 30_000;

/** SIGINT is Postgres' "fast" shutdown: sessions end, everything is written out. SIGQUIT only when that hangs. */
async function stopServer(cluster: string, pid: number): Promise<void> {
  if ((await readPostmaster(cluster))?.pid !== pid || !(await isAlive(cluster, pid))) return;
  signal(pid, "SIGINT");
  let patience = performance.now() + PATIENCE_MS;
  while (await isAlive(cluster, pid)) {
    if (performance.now() > patience) {
      signal(pid, "SIGQUIT");
      patience = Number.POSITIVE_INFINITY;
    }
    await delay(5);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}
