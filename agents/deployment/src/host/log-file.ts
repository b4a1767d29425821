import { closeSync, copyFileSync, ftruncateSync, openSync, statSync } from "node:fs";

/** A log may grow to this before it becomes `<name>.1`, so a version's logs take twice as much at most. */
export const logLimitBytes = 10 * 1024 * 1024;

/**
 * Copies a log that has grown too large to `<name>.1` and empties it. Its writers keep their descriptors, opened for
 * appending: a pipe through the host instead would end with the host and take the service down with it.
 */
export function limitLog(path: string, limit: number = logLimitBytes): void {
  let size;
  try {
    size = statSync(path).size;
  } catch {
    return; // Not written yet.
  }
  if (size <= limit) return;
  copyFileSync(path, `${path}.1`);
  const file = openSync(path, "r+");
  try {
    ftruncateSync(file, 0);
  } finally {
    closeSync(file);
  }
}
