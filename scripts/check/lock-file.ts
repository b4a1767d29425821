import { readFile } from "node:fs/promises";
import { join } from "node:path";

interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly name: string;
  readonly license?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** What would make an install here and one elsewhere differ, one line each. */
export async function lockFileProblems(root: string): Promise<string[]> {
  const lock = await readJson<LockFile>(join(root, "package-lock.json"));
  const workspaces = Object.keys(lock.packages).filter((path) => !path.includes("node_modules"));
  const manifests = await Promise.all(
    workspaces.map(async (path) => ({ path, manifest: await readJson<Manifest>(join(root, path, "package.json")) })),
  );
  return [
    ...Object.entries(lock.packages).flatMap(([path, locked]) => lockedProblems(path, locked, lock)),
    ...manifests.flatMap(({ path, manifest }) => manifestProblems(join(path, "package.json"), manifest)),
  ];
}

function lockedProblems(path: string, locked: LockedPackage, lock: LockFile): string[] {
  const problems: string[] = [];
  if (locked.resolved?.includes("://"))
    problems.push(`${path}: the lock file names a host (${locked.resolved}); remove "resolved", .npmrc leaves it out`);
  if (path.includes("node_modules/") && !locked.link && locked.integrity === undefined)
    problems.push(`${path}: no integrity, so its content isn't pinned`);
  for (const name of Object.keys(locked.optionalDependencies ?? {})) {
    // npm ci refuses such a lock file wherever node_modules doesn't exist yet.
    if (!(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages))
      problems.push(`${path}: its optional ${name} isn't locked; pin a release whose platform packages all exist`);
  }
  return problems;
}

function manifestProblems(file: string, manifest: Manifest): string[] {
  const problems: string[] = [];
  if (manifest.license !== "Apache-2.0") problems.push(`${file}: license must be Apache-2.0`);
  if (manifest.engines?.["node"] !== ">=24") problems.push(`${file}: engines.node must be >=24`);
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) problems.push(`${file}: ${name} isn't pinned exactly (${version})`);
  return problems;
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, "utf8")) as T;
}
