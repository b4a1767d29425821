import { createHash } from "node:crypto";
import { digestOf, type Digest } from "@gantry/sdk";
import type { ArchiveVerification } from "@gantry/sdk/api";
import type { BlobStore } from "../blobs/index.ts";
import type { ArchivedRow } from "../store/records/archive.ts";
import { chainStart } from "./entry.ts";

/**
 * Checks entries that follow one another (`before` is the one before them) and reads the archive of each again.
 * @returns what isn't as it was written; the head to go on with.
 */
export async function verifyEntries(
  blobs: BlobStore,
  org: string,
  before: { ordinal: number; hash: string } | null,
  entries: readonly ArchivedRow[],
): Promise<Omit<ArchiveVerification, "more">> {
  const problems: ArchiveVerification["problems"] = [];
  let head = before;
  let removed = 0;
  for (const row of entries) {
    const { ordinal, run, entry, hash } = row;
    const say = (problem: string): void => void problems.push({ ordinal, run, problem });
    if (ordinal !== (head?.ordinal ?? 0) + 1) say(`entries are missing before it, from ${(head?.ordinal ?? 0) + 1} on`);
    else if (entry.previous !== (head?.hash ?? chainStart)) say("it doesn't follow the entry before it");
    if (digestOf(entry) !== hash) say("its hash isn't that of what it says");
    if (entry.ordinal !== ordinal || entry.run !== run || entry.digest !== row.digest) say("it was moved here");
    if (row.contentPurgedAt === null) {
      const problem = await problemOfContent(blobs, org, entry);
      if (problem !== null) say(problem);
    } else removed += 1;
    head = { ordinal, hash };
  }
  return { checked: entries.length, removed, problems, head };
}

async function problemOfContent(blobs: BlobStore, org: string, entry: ArchivedRow["entry"]): Promise<string | null> {
  const hash = createHash("sha256");
  const [bytes, lines] = [{ n: 0 }, { n: 0 }];
  try {
    for await (const part of blobs.get(org, entry.digest as Digest)) {
      hash.update(part);
      bytes.n += part.byteLength;
      for (let at = part.indexOf(10); at !== -1; at = part.indexOf(10, at + 1)) lines.n += 1;
    }
  } catch (error) {
    return `its archive can't be read: ${(error as Error).message}`;
  }
  if (`sha256:${hash.digest("hex")}` !== entry.digest || bytes.n !== entry.bytes) return "its archive was changed";
  const expected = Object.values(entry.lines).reduce((sum, count) => sum + count, 0);
  return lines.n === expected ? null : `its archive has ${lines.n} lines instead of ${expected}`;
}
