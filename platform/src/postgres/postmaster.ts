import { readFile, readlink, stat, writeFile } from "node:fs/promises";
import path from "node:path";

/** What a running server says about itself in `postmaster.pid`. */
export interface Postmaster {
  pid: number;
  port: number;
  /** Folder of its unix socket; undefined when it listens on loopback only. */
  socketDirectory: string | undefined;
  ready: boolean;
}

/** Reads `postmaster.pid`: undefined when there is none, or when it is not written completely yet. */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const text = await readFile(pidFile(cluster), "utf8").catch(() => "");
  const [pid, , , port, socketDirectory, , , status] = text.split("\n").map((line) => line.trim());
  if (!Number(pid) || !Number(port)) return undefined;
  return {
    pid: Number(pid),
    port: Number(port),
    // The server names it relative to where it runs, which is the database directory.
    socketDirectory: socketDirectory ? path.resolve(cluster, socketDirectory) : undefined,
    ready: status === "ready",
  };
}

/**
 * True while the server that wrote `postmaster.pid` lives. A pid proves little, as it may belong to another program by
 * now, so on Linux the process must also run in the database directory.
 */
export async function isAlive(cluster: string, pid: number): Promise<boolean> {
  if (!exists(pid)) return false;
  if (process.platform !== "linux") return true;
  try {
    const [here, there] = await Promise.all([stat(cluster), stat(`/proc/${pid}/cwd`)]);
    const program = await readlink(`/proc/${pid}/exe`);
    return here.ino === there.ino && here.dev === there.dev && /^postgres( \(deleted\))?$/.test(path.basename(program));
  } catch {
    // A process of another user (the pid was reused) or a zombie.
    return false;
  }
}

/**
 * Makes a stale `postmaster.pid` name a process that can't exist. Postgres refuses to start while the named process
 * exists, whoever that is; removing the file instead would also remove the key by which Postgres finds that
 * back-ends of the dead server are still at work.
 */
export async function disownPostmaster(cluster: string): Promise<void> {
  const text = await readFile(pidFile(cluster), "utf8");
  await writeFile(pidFile(cluster), text.replace(/^.*/, String(IMPOSSIBLE_PID)));
}

const IMPOSSIBLE_PID = 2_147_483_646;

function pidFile(cluster: string): string {
  return path.join(cluster, "postmaster.pid");
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
