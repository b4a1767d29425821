import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, unlinkSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Creates a file so that after any crash it is there whole, or not at all: written aside, synced, then linked to its
 * name. Linking, unlike renaming, lets only the first of several writers win.
 * @returns false when the file was there already; it is left as it was.
 */
export function createDurably(path: string, content: string): boolean {
  const folder = dirname(path);
  const aside = join(folder, `.${randomUUID()}.tmp`);
  syncing(aside, "wx", (file) => writeSync(file, content));
  try {
    linkSync(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(aside);
  }
  syncing(folder, "r", () => undefined);
  return true;
}

function syncing(path: string, flags: string, use: (file: number) => void): void {
  const file = openSync(path, flags, 0o600);
  try {
    use(file);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
