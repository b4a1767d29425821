import { readFile, stat } from "node:fs/promises";

export interface RuntimeUser {
  uid: number;
  gid: number;
  name: string;
}

/**
 * Postgres refuses to run as root, so as root it runs as a user that exists already and owns nothing of ours: whoever
 * owns the database or the data directory, else `postgres`, else `nobody`. Undefined when we aren't root: it runs as us.
 */
export async function chooseRuntimeUser(directories: readonly string[]): Promise<RuntimeUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = await readUsers();
  for (const directory of directories) {
    const owner = await stat(directory).catch(() => undefined);
    if (owner && owner.uid !== 0) {
      const known = users.find((user) => user.uid === owner.uid);
      return known ?? { uid: owner.uid, gid: owner.gid, name: String(owner.uid) };
    }
  }
  const named = (name: string) => users.find((user) => user.name === name && user.uid !== 0);
  return named("postgres") ?? named("nobody") ?? { uid: 65534, gid: 65534, name: "nobody" };
}

async function readUsers(): Promise<RuntimeUser[]> {
  const text = await readFile("/etc/passwd", "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    const [name, , uid, gid] = line.split(":");
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

/** Spawn options: the user, and an environment that passes nothing of ours on (no PG* variable, no credential). */
export function asUser(runAs: RuntimeUser | undefined): { uid?: number; gid?: number; env: Record<string, string> } {
  const env = { LC_ALL: "C", PATH: "/usr/local/bin:/usr/bin:/bin" };
  return runAs ? { uid: runAs.uid, gid: runAs.gid, env } : { env };
}

/**
 * How the server names the directory it was started in. The user it runs as may not be able to enter the folders above
 * (below /root, or a `mktemp -d`), and it isn't ours to open them; but a working directory is inherited, and Linux
 * resolves `/proc/self/cwd` without looking at what lies above.
 */
export function dataDirectoryAsSeen(directory: string, runAs: RuntimeUser | undefined): string {
  return runAs && process.platform === "linux" ? "/proc/self/cwd" : directory;
}
