import { setTimeout as delay } from "node:timers/promises";
import type { Readable } from "node:stream";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { Bucket } from "./client.ts";
import { asS3Error } from "./errors.ts";

/** Cuts in a row without a byte in between. */
const triesWithoutProgress = 4;

/**
 * The bytes of an object. A connection that is cut is taken up where it broke: an object never changes, and its ETag says
 * that it is still the same.
 */
export async function* download(bucket: Bucket, key: string): AsyncGenerator<Uint8Array> {
  let received = 0;
  let total: number | undefined;
  let etag: string | undefined;
  let tries = 0;
  while (total === undefined || received < total) {
    const rest =
      received === 0 ? {} : { Range: `bytes=${received}-`, ...(etag === undefined ? {} : { IfMatch: etag }) };
    const answer = await bucket.send(new GetObjectCommand({ Bucket: bucket.settings.bucket, Key: key, ...rest }));
    total ??= answer.ContentLength;
    etag ??= answer.ETag;
    const before = received;
    try {
      for await (const bytes of answer.Body as Readable as AsyncIterable<Uint8Array>) {
        received += bytes.byteLength;
        yield bytes;
      }
      // A store that doesn't say how long an object is; that the end is the real one shows when it is decrypted.
      if (total === undefined) return;
    } catch (error) {
      tries = received > before ? 1 : tries + 1;
      if (tries >= triesWithoutProgress || total === undefined) throw asS3Error(error, bucket.place);
      await delay(100 * 2 ** tries);
    }
  }
}
