import { readFileSync, writeFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DataDirectoryLockedError, DataDirectoryUnwritableError } from "./errors.ts";

export interface DataLock {
  /** A second call does nothing. */
  release(): void;
}

/**
 * Makes this process the only one that runs a server on the data directory, until it releases the lock or dies.
 *
 * The lock is an operating system lock on `gantry.lock`, taken through SQLite because Node offers no flock of its own: it is
 * gone the moment its holder dies, so there is no stale lock to judge, and no pid to be reused. `gantry.pid` beside it
 * only names the holder. Nothing else may open `gantry.lock`: closing a file drops a process's locks on it.
 */
export function lockDataDirectory(dataDir: string): DataLock {
  const holderFile = path.join(dataDir, "gantry.pid");
  const lock = openLock(dataDir);
  try {
    lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new DataDirectoryLockedError(dataDir, readHolder(holderFile));
    }
    throw new DataDirectoryUnwritableError(dataDir, error);
  }
  writeFileSync(holderFile, JSON.stringify({ pid: process.pid, host: hostname() }));
  return {
    release() {
      if (!lock.isOpen) return;
      rmSync(holderFile, { force: true });
      lock.close();
    },
  };
}

const SQLITE_BUSY = 5;

function openLock(dataDir: string): DatabaseSync {
  try {
    return new DatabaseSync(path.join(dataDir, "gantry.lock"));
  } catch (error) {
    throw new DataDirectoryUnwritableError(dataDir, error);
  }
}

function readHolder(file: string): { pid: number; host: string } | undefined {
  try {
    const { pid, host } = JSON.parse(readFileSync(file, "utf8")) as { pid?: unknown; host?: unknown };
    return typeof pid === "number" && typeof host === "string" ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}
