import { chmod, lstat, readdir, readlink, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { UnsafeTreeError } from "../errors.ts";

/**
 * Refuses a tree with links that lead out of it (a service would hand out, or a build overwrite, a stranger's files), and
 * with anything that is neither file, folder nor link.
 * @throws {UnsafeTreeError}
 */
export async function ensureSelfContained(root: string): Promise<void> {
  const real = await realpath(root);
  for await (const path of walk(real)) {
    const facts = await lstat(path);
    const shown = relative(real, path);
    if (facts.isSymbolicLink()) await ensureLinkStaysInside(real, path);
    else if (!facts.isFile() && !facts.isDirectory()) throw new UnsafeTreeError(shown, "is a device, socket or pipe");
  }
}

/** Takes the right to write from a release: what was approved is what runs. */
export async function makeReadOnly(root: string): Promise<void> {
  await changeModes(root, (mode) => mode & ~0o222);
}

/** Gives its owner the right to write again, so that it can be removed. */
export async function makeWritable(root: string): Promise<void> {
  await changeModes(root, (mode) => mode | 0o700);
}

async function ensureLinkStaysInside(root: string, path: string): Promise<void> {
  const target = await readlink(path);
  const shown = relative(root, path);
  if (isAbsolute(target)) throw new UnsafeTreeError(shown, "is a link to an absolute path");
  if (!isInside(root, resolve(path, "..", target))) throw new UnsafeTreeError(shown, "is a link out of the tree");
  // A link to a link: the end of the chain counts too. A dangling one leads nowhere.
  const end = await realpath(path).catch(() => null);
  if (end !== null && !isInside(root, end)) throw new UnsafeTreeError(shown, "is a link out of the tree");
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}

async function changeModes(root: string, change: (mode: number) => number): Promise<void> {
  const rootMode = (await lstat(root)).mode;
  await chmod(root, change(rootMode) | 0o500);
  for await (const path of walk(root)) {
    const facts = await lstat(path);
    if (!facts.isSymbolicLink()) await chmod(path, change(facts.mode) | (facts.isDirectory() ? 0o500 : 0o400));
  }
}

/** Every path below a folder; a folder comes before what it holds. Links are not followed. */
async function* walk(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    yield path;
    if (entry.isDirectory()) yield* walk(path);
  }
}
