import type { Digest } from "@gantry/sdk";
import type { Pool } from "pg";
import type { BlobStore } from "../blobs/index.ts";
import { archiveLines } from "../store/records/archive.ts";

export interface ArchivedContent {
  digest: Digest;
  bytes: number;
  /** How many of each kind. */
  lines: Record<string, number>;
}

const chunkBytes = 64 * 1024;

/** Writes a run's history into the blob store, which compresses and encrypts it. The same history is stored once. */
export async function archiveRun(
  { pool, blobs }: { pool: Pool; blobs: BlobStore },
  org: string,
  run: string,
): Promise<ArchivedContent> {
  const lines: Record<string, number> = {};
  const content = async function* (): AsyncGenerator<Uint8Array> {
    let chunk = "";
    for await (const { kind, text } of archiveLines(pool, run)) {
      lines[kind] = (lines[kind] ?? 0) + 1;
      chunk += `${text}\n`;
      if (chunk.length < chunkBytes) continue;
      yield Buffer.from(chunk);
      chunk = "";
    }
    if (chunk !== "") yield Buffer.from(chunk);
  };
  const { digest, bytes } = await blobs.put(org, content(), {
    purpose: "archive",
    contentType: "application/x-ndjson",
  });
  return { digest, bytes, lines };
}
