import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { DatabaseStartError, DatabaseVersionChangedError } from "./errors.ts";
import type { NativePostgres } from "./native.ts";
import { asUser, dataDirectoryAsSeen, type RuntimeUser } from "./runtime-user.ts";

/** The superuser of the embedded server. Gantry's own work never uses it, only `bootstrapDatabase` does. */
export const SUPERUSER = "gantry_admin";

/**
 * Makes the database directory, whole or not at all: it is built beside its place with its password inside and then
 * renamed, so a crash or a full disk in between leaves nothing that looks like a database.
 */
export async function initializeCluster(
  cluster: string,
  native: NativePostgres,
  runAs: RuntimeUser | undefined,
): Promise<void> {
  const dataDir = path.dirname(cluster);
  const staging = await mkdtemp(path.join(dataDir, UNFINISHED));
  try {
    const passwordFile = path.join(staging, PASSWORD_FILE);
    await writeFile(passwordFile, randomBytes(32).toString("base64url"), { mode: 0o600 });
    await mkdir(path.join(staging, "data"), { mode: 0o700 });
    if (runAs) {
      for (const item of [staging, passwordFile, path.join(staging, "data")]) await chown(item, runAs.uid, runAs.gid);
    }
    await runInitdb(staging, native, runAs);
    await rename(passwordFile, path.join(staging, "data", PASSWORD_FILE));
    await rename(path.join(staging, "data"), cluster);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Removes what a start that was killed in `initializeCluster` left. The caller holds the data directory's lock. */
export async function removeUnfinishedClusters(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(UNFINISHED)) await rm(path.join(dataDir, name), { recursive: true, force: true });
  }
}

/** @throws {DatabaseVersionChangedError} */
export async function assertSameMajor(cluster: string, native: NativePostgres): Promise<void> {
  const found = await readFile(path.join(cluster, "PG_VERSION"), "utf8").catch(() => "(unknown)");
  if (Number(found.trim()) !== native.major) throw new DatabaseVersionChangedError(cluster, found.trim(), native.major);
}

export async function readPassword(cluster: string): Promise<string> {
  return (await readFile(path.join(cluster, PASSWORD_FILE), "utf8")).trim();
}

const UNFINISHED = "postgres.new-";
const PASSWORD_FILE = "gantry.password";

async function runInitdb(staging: string, native: NativePostgres, runAs: RuntimeUser | undefined): Promise<void> {
  const cluster = path.join(staging, "data");
  const seen = dataDirectoryAsSeen(cluster, runAs);
  const options = [
    // Not path.join: it would take "..", the folder above the working directory, for the one above the link to it.
    `--pgdata=${seen}`,
    `--pwfile=${seen}/../${PASSWORD_FILE}`,
    `--username=${SUPERUSER}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-instructions",
    // Postgres' own collation: the operating system's change between releases and would silently break indexes.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
  ];
  const child = spawn(path.join(native.directory, "bin", "initdb"), options, {
    ...asUser(runAs),
    cwd: cluster,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  if (code === 0) return;
  throw new DatabaseStartError(`The database in ${path.dirname(staging)} couldn't be created.`, output);
}
