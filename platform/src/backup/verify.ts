import { createHash } from "node:crypto";
import { BackupDamagedError } from "./errors.ts";
import { readBackupFile } from "./file.ts";
import { nameOf } from "./frames.ts";
import type { KeySource } from "./key.ts";
import type { EntryEnd, Manifest, TableEntry } from "./manifest.ts";

/**
 * Reads a whole backup and compares everything with its manifest; changes nothing.
 * @param onContent sees the content of tables as it goes by.
 */
export async function verifyBackup(
  file: string,
  key: KeySource,
  onContent: (table: TableEntry, content: Buffer) => void = () => undefined,
): Promise<Manifest> {
  const seen = new Map<string, EntryEnd>();
  const blobs = { hash: createHash("sha256"), count: 0, bytes: 0 };
  let dump: EntryEnd | null = null;
  const entries = readBackupFile(file, key);
  for (;;) {
    const next = await entries.next();
    if (next.done === true) {
      compare(file, next.value, { seen, dump, blobs: { ...blobs, sha256: `sha256:${blobs.hash.digest("hex")}` } });
      return next.value;
    }
    const entry = next.value;
    const end = await drain(entry.content, (part) => {
      if (entry.kind === "table") onContent(entry, part);
    });
    if (entry.kind === "table") seen.set(nameOf(entry), end);
    else if (entry.kind === "dump") dump = end;
    else {
      blobs.hash.update(`${entry.id} ${end.sha256} ${end.bytes}\n`);
      blobs.count += 1;
      blobs.bytes += end.bytes;
    }
  }
}

/** Reads to the end. @returns what the generator returned there. */
async function drain<T>(content: AsyncGenerator<Buffer, T>, see: (part: Buffer) => void): Promise<T> {
  for (;;) {
    const next = await content.next();
    if (next.done === true) return next.value;
    see(next.value);
  }
}

function compare(
  file: string,
  manifest: Manifest,
  found: {
    seen: Map<string, EntryEnd>;
    dump: EntryEnd | null;
    blobs: { count: number; bytes: number; sha256: string };
  },
): void {
  const same = (a: EntryEnd | null | undefined, b: EntryEnd | null): boolean =>
    a?.sha256 === b?.sha256 && a?.bytes === b?.bytes && a?.rows === b?.rows;
  const wrong = manifest.tables.filter((table) => !same(found.seen.get(`${table.schema}.${table.name}`), table));
  const { blobs } = manifest;
  if (wrong.length > 0 || found.seen.size !== manifest.tables.length)
    throw new BackupDamagedError(
      file,
      `tables don't agree with its manifest: ${wrong.map(({ name }) => name).join(", ")}`,
    );
  if (blobs.count !== found.blobs.count || blobs.bytes !== found.blobs.bytes || blobs.sha256 !== found.blobs.sha256)
    throw new BackupDamagedError(file, "contents don't agree with its manifest");
  if (!same(found.dump, manifest.dump)) throw new BackupDamagedError(file, "its dump doesn't agree with its manifest");
}
