import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** The folders that one attempt owns; nobody but the worker's user can enter them. */
export interface Workspace {
  path: string;
  /** Where the tool works. */
  work: string;
  home: string;
  tmp: string;
}

/** Makes fresh folders for an attempt: `<root>/<runId>/<attemptId>/{work,home,tmp}`. Fails when they are there already. */
export async function createWorkspace({
  root,
  runId,
  attemptId,
}: {
  root: string;
  runId: string;
  attemptId: string;
}): Promise<Workspace> {
  const parent = join(root, safeName(runId));
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const workspace = workspaceAt({ root, runId, attemptId });
  await mkdir(workspace.path, { mode: 0o700 });
  for (const folder of [workspace.work, workspace.home, workspace.tmp]) await mkdir(folder, { mode: 0o700 });
  return workspace;
}

/** The folders of an attempt, whether they are there or not. */
export function workspaceAt({ root, runId, attemptId }: { root: string; runId: string; attemptId: string }): Workspace {
  const path = join(root, safeName(runId), safeName(attemptId));
  return { path, work: join(path, "work"), home: join(path, "home"), tmp: join(path, "tmp") };
}

/** Removes the folders, also where a tool took away its own write permission (module caches do that). */
export async function removeWorkspace(workspace: Workspace): Promise<void> {
  try {
    await removeTree(workspace.path);
  } catch {
    await makeWritable(workspace.path);
    await removeTree(workspace.path);
  }
}

/** Ids become names of folders; anything that could leave the root is refused. */
export function safeName(id: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,199}$/.test(id)) throw new RangeError(`"${id}" can't name a folder.`);
  return id;
}

function removeTree(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => undefined);
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    // A symbolic link is not a directory here, so nothing outside is touched.
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}
