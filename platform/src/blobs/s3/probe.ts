import { randomBytes, randomUUID } from "node:crypto";
import type { BlobBackend } from "../backend.ts";
import type { Bucket } from "./client.ts";
import { S3RefusedError } from "./errors.ts";

/** No organization's. */
const nobody = "00000000-0000-0000-0000-000000000000";

/**
 * Writes, reads, lists and deletes for real: rights that are missing show now and not in the middle of a run.
 *
 * @throws what errors.ts makes of the store's answers.
 */
export async function probe(bucket: Bucket, backend: BlobBackend): Promise<void> {
  const id = randomUUID();
  const content = randomBytes(32);
  await backend.write(nobody, id, once(content));
  try {
    const parts: Uint8Array[] = [];
    for await (const part of backend.read(nobody, id)) parts.push(part);
    if (!Buffer.concat(parts).equals(content)) {
      throw new S3RefusedError(bucket.place, "it gave back other bytes than were written");
    }
    // Before this nothing can have been written: it asks for the right to list, and for one page at most.
    for await (const _ of backend.writtenBefore(new Date(0))) break;
  } finally {
    await backend.remove(nobody, [id]);
  }
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
