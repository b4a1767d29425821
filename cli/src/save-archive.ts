import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import type { ArchiveEntry } from "@gantry/sdk/api";
import { ArchiveChangedError } from "./errors.ts";

/**
 * Writes an archive to a new file.
 *
 * @throws {ArchiveChangedError} when it isn't what its entry says; no file is left
 */
export async function saveArchive(
  content: AsyncIterable<Uint8Array>,
  { run, digest }: ArchiveEntry,
  path: string,
): Promise<void> {
  const file = await open(path, "wx", 0o600);
  const hash = createHash("sha256");
  let whole = false;
  try {
    for await (const part of content) {
      hash.update(part);
      await file.writeFile(part);
    }
    whole = `sha256:${hash.digest("hex")}` === digest;
    if (!whole) throw new ArchiveChangedError(run, digest);
    await file.sync();
  } finally {
    await file.close();
    if (!whole) await rm(path, { force: true });
  }
}
