import { copyFile, open, stat, truncate, type FileHandle } from "node:fs/promises";
import path from "node:path";

/**
 * Where the server writes: `postgres.log` beside its directory. It inherits the open file, so that it needs no right of its
 * own there, and what it says last before it dies is in the file at once (its own log collector writes a moment later).
 */
export async function openServerLog(cluster: string): Promise<FileHandle> {
  return open(serverLog(cluster), "a", 0o600);
}

export async function serverLogSize(cluster: string): Promise<number> {
  return (await stat(serverLog(cluster)).catch(() => undefined))?.size ?? 0;
}

/** What was written since the log had that size. */
export async function readServerLog(cluster: string, since: number): Promise<string> {
  const file = await open(serverLog(cluster), "r");
  try {
    const { size } = await file.stat();
    const start = Math.max(since, size - MAX_READ);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    await file.read(buffer, 0, buffer.length, start);
    return buffer.toString("utf8");
  } finally {
    await file.close();
  }
}

/** Keeps one older file. The server appends, so after the cut it goes on at the beginning. */
export async function rotateServerLog(cluster: string, maxBytes = 10 * 2 ** 20): Promise<void> {
  if ((await serverLogSize(cluster)) < maxBytes) return;
  await copyFile(serverLog(cluster), `${serverLog(cluster)}.1`);
  await truncate(serverLog(cluster));
}

const MAX_READ = 16_384;

function serverLog(cluster: string): string {
  return path.join(path.dirname(cluster), "postgres.log");
}
