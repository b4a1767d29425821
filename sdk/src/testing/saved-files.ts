import { createHash } from "node:crypto";
import { cp, lstat, mkdir, readdir, readFile, readlink, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { digestOf } from "../json.ts";
import { GantryError } from "../errors.ts";
import type { FilesRef } from "../tool.ts";

interface Entry {
  path: string;
  mode: number;
  /** Digest of a file's content, or where a link points. */
  content: string;
  bytes: number;
}

/** Keeps a directory under the digest of its names, modes and contents. */
export async function saveFiles(store: string, directory: string, exclude: readonly string[]): Promise<FilesRef> {
  const entries = await listEntries(directory, exclude);
  const digest = digestOf(entries.map(({ path, mode, content }) => [path, mode, content]));
  const kept = folderOf(store, digest);
  await mkdir(kept, { recursive: true });
  for (const { path } of entries) await copyEntry(join(directory, path), join(kept, path));
  return { $files: digest, bytes: entries.reduce((sum, entry) => sum + entry.bytes, 0), entries: entries.length };
}

/** @throws {FilesNotFoundError} when nothing was kept under that digest. */
export async function restoreFiles(store: string, ref: FilesRef, directory: string): Promise<void> {
  const kept = folderOf(store, ref.$files);
  if (!(await stat(kept).catch(() => null)))
    throw new FilesNotFoundError(`No files were kept under ${ref.$files}. Save them in the same test context first.`);
  await mkdir(directory, { recursive: true });
  for (const { path } of await listEntries(kept, [])) await copyEntry(join(kept, path), join(directory, path));
}

/** A path inside the working directory. @throws {OutsideWorkdirError} */
export function inside(workdir: string, path: string): string {
  const full = resolve(workdir, path);
  if (full !== workdir && !full.startsWith(workdir + sep))
    throw new OutsideWorkdirError(
      `${path} lies outside the attempt's working directory. Use a path inside ctx.workdir.`,
    );
  return full;
}

async function listEntries(directory: string, exclude: readonly string[]): Promise<Entry[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const entries: Entry[] = [];
  for (const item of found) {
    const full = join(item.parentPath, item.name);
    const path = relative(directory, full).split(sep).join("/");
    if (exclude.some((left) => path === left || path.startsWith(`${left}/`))) continue;
    if (item.isSymbolicLink()) {
      const target = await readlink(full);
      inside(directory, resolve(dirname(full), target));
      entries.push({ path, mode: 0, content: `link ${target}`, bytes: 0 });
    } else if (item.isFile()) {
      const bytes = await readFile(full);
      const { mode } = await lstat(full);
      const content = createHash("sha256").update(bytes).digest("hex");
      entries.push({ path, mode: mode & 0o111, content, bytes: bytes.byteLength });
    }
  }
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function copyEntry(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { force: true, verbatimSymlinks: true });
}

function folderOf(store: string, digest: string): string {
  return join(store, digest.slice("sha256:".length));
}

export class FilesNotFoundError extends GantryError {
  readonly code = "files_not_found";
}

export class OutsideWorkdirError extends GantryError {
  readonly code = "outside_workdir";
}
