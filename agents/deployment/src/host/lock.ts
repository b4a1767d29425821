import { linkSync, unlinkSync, writeFileSync } from "node:fs";
import { readJson } from "./durable.ts";
import { isAlive, processRef } from "./processes.ts";
import type { ProcessRef } from "./processes.ts";

/**
 * Takes the folder for this process: two hosts of one service would fight over its versions. The lock of a process that
 * is gone is taken over. Returns false when another host has it.
 */
export function takeLock(path: string): boolean {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(processRef(process.pid)), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (link(mine, path)) return true;
      const holder = readJson(path) as ProcessRef | null;
      if (holder !== null && isAlive(holder)) return false;
      if (holder !== null) remove(path);
    }
    return false;
  } finally {
    remove(mine);
  }
}

/** Linking a finished file, unlike creating one, never shows a lock without its holder. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
