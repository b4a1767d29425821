import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * A folder and those above it. Not Node's own `recursive`, which tries for ever where a folder is there but takes none
 * (`/proc`): a path that somebody mistyped would keep a processor busy instead of being refused.
 */
export async function makeDirectory(path: string, mode = 0o700): Promise<void> {
  const absolute = resolve(path);
  try {
    return await mkdir(absolute, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await isDirectory(absolute))) return;
    const parent = dirname(absolute);
    if (code !== "ENOENT" || parent === absolute || (await isDirectory(parent))) throw error;
    await makeDirectory(parent, mode);
  }
  // Another process may have been faster; once more at most, as its parent is there now.
  return makeDirectory(absolute, mode);
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() ?? false;
}
