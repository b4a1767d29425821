import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
} from "@aws-sdk/client-s3";
import { regroup } from "../regroup.ts";
import type { Bucket } from "./client.ts";
import { UploadGoneError } from "./errors.ts";

/** Content up to this is one request; nearly all logs and previews are smaller. */
const pieceBytes = 1024 * 1024;
/** A part of a large upload; S3 takes 10,000 of them, and none but the last below 5 MiB. */
const piecesPerPart = 8;

/** Lets so many work at once; the others wait in their order. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Writes an object whole or not at all; an upload that fails is aborted. Memory: 1 MiB until `gate` lets a large one go
 * on, then three parts at most (one on its way, one being filled and joined).
 *
 * @returns its size.
 */
export async function upload(
  bucket: Bucket,
  gate: Gate,
  key: string,
  source: AsyncIterable<Uint8Array>,
): Promise<number> {
  const pieces = regroup(source, pieceBytes);
  try {
    const first = await pieces.next();
    const start = first.done === true ? Buffer.alloc(0) : first.value;
    const second = start.length < pieceBytes ? undefined : await pieces.next();
    if (second === undefined || second.done === true) {
      await bucket.send(new PutObjectCommand({ ...targetOf(bucket, key), ...encryptionOf(bucket), Body: start }));
      return start.length;
    }
    return await gate(() => uploadParts(bucket, key, partsOf([start, second.value], pieces)));
  } finally {
    await pieces.return(undefined);
  }
}

async function uploadParts(bucket: Bucket, key: string, source: AsyncIterable<Buffer>): Promise<number> {
  const target = targetOf(bucket, key);
  const { UploadId } = await bucket.send(new CreateMultipartUploadCommand({ ...target, ...encryptionOf(bucket) }));
  const done: CompletedPart[] = [];
  let bytes = 0;
  let underWay: Promise<unknown> = Promise.resolve();
  try {
    for await (const part of source) {
      await underWay;
      bytes += part.length;
      const PartNumber = done.push({ PartNumber: done.length + 1 });
      underWay = bucket
        .send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body: part }))
        .then(({ ETag }) => (done[PartNumber - 1] = { PartNumber, ETag }));
      // Awaited above or below; until then a failure is nobody's yet.
      underWay.catch(() => undefined);
    }
    await underWay;
    await bucket.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: done } }));
  } catch (error) {
    if (error instanceof UploadGoneError && (await isComplete(bucket, key, bytes))) return bytes;
    // A part that arrives after the abort would stay.
    await underWay.catch(() => undefined);
    // What can't be aborted now is swept, and the bucket's own rule removes it (`gantry blobs lifecycle`).
    await bucket.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => undefined);
    throw error;
  }
  return bytes;
}

/** Whether an upload that is gone was completed by a request whose answer nobody heard. */
async function isComplete(bucket: Bucket, key: string, bytes: number): Promise<boolean> {
  const found = await bucket.send(new HeadObjectCommand(targetOf(bucket, key))).catch(() => undefined);
  return found?.ContentLength === bytes;
}

async function* partsOf(first: readonly Buffer[], pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held = [...first];
  for await (const piece of pieces) {
    held.push(piece);
    if (held.length < piecesPerPart) continue;
    yield Buffer.concat(held);
    held = [];
  }
  if (held.length > 0) yield Buffer.concat(held);
}

function targetOf({ settings }: Bucket, Key: string): { Bucket: string; Key: string } {
  return { Bucket: settings.bucket, Key };
}

function encryptionOf({ settings: { encryption, kmsKey } }: Bucket) {
  if (encryption === "off") return {};
  if (encryption === "sse-s3") return { ServerSideEncryption: "AES256" as const };
  return { ServerSideEncryption: "aws:kms" as const, ...(kmsKey === undefined ? {} : { SSEKMSKeyId: kmsKey }) };
}
