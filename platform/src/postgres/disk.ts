import { statfs } from "node:fs/promises";
import { codeOf } from "./errors.ts";

/**
 * Whether a failure (an error, or what Postgres said) means that there is no room left. Where it doesn't say so the disk is
 * asked: on a full one even the complaint may be lost.
 */
export async function meansDiskFull(failure: unknown, directory: string): Promise<boolean> {
  const text = failure instanceof Error ? `${codeOf(failure)} ${failure.message}` : String(failure);
  if (/ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/i.test(text)) return true;
  const disk = await statfs(directory).catch(() => undefined);
  return disk !== undefined && disk.bavail * disk.bsize < LEAST_ROOM;
}

const LEAST_ROOM = 2 ** 20;
