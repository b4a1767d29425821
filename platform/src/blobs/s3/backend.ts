import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListMultipartUploadsCommandOutput,
  type ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import type { BlobBackend } from "../backend.ts";
import type { Bucket } from "./client.ts";
import { download } from "./download.ts";
import { S3RefusedError, UploadGoneError } from "./errors.ts";
import { upload, type Gate } from "./upload.ts";

/** Uploads of more than one part at once, of this process: 24 MiB of memory each at most. */
const largeUploads = 4;
/** More than this S3 doesn't delete in one request. */
const keysPerRequest = 1_000;

/** Blobs as objects of a bucket, for installations on several hosts. Keys: prefix, organization, first byte of the id, id. */
export function createS3Backend(bucket: Bucket): BlobBackend {
  const { settings } = bucket;
  const Bucket = settings.bucket;
  const gate = createGate(largeUploads);
  const keyOf = (org: string, id: string) => `${settings.prefix}${org}/${id.slice(0, 2)}/${id}`;
  const idsIn = (key = "") => {
    const [, org, id] = /^([0-9a-f-]{36})\/[0-9a-f]{2}\/([0-9a-f-]{36})$/.exec(key.slice(settings.prefix.length)) ?? [];
    return org === undefined || id === undefined ? undefined : { org, id };
  };

  /** They aren't objects yet, and nobody works on them any more. */
  const abortUploads = async (time: Date): Promise<void> => {
    let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
    while (next !== undefined) {
      const page: ListMultipartUploadsCommandOutput = await bucket.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix: settings.prefix, ...next }),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (idsIn(Key) === undefined || Initiated === undefined || Initiated >= time) continue;
        await bucket.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(unlessGone);
      }
      next =
        page.IsTruncated === true
          ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
          : undefined;
    }
  };

  return {
    kind: "s3",
    async write(org, id, source) {
      const storedBytes = await upload(bucket, gate, keyOf(org, id), source);
      return { storedBytes, complete: async () => undefined };
    },
    read: (org, id) => download(bucket, keyOf(org, id)),
    async *writtenBefore(time) {
      await abortUploads(time);
      let token: string | undefined;
      do {
        const page: ListObjectsV2CommandOutput = await bucket.send(
          new ListObjectsV2Command({ Bucket, Prefix: settings.prefix, ContinuationToken: token }),
        );
        for (const { Key, LastModified } of page.Contents ?? []) {
          const found = idsIn(Key);
          if (found !== undefined && LastModified !== undefined && LastModified < time) yield found;
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
    },
    async remove(org, ids) {
      for (let at = 0; at < ids.length; at += keysPerRequest) {
        const Objects = ids.slice(at, at + keysPerRequest).map((id) => ({ Key: keyOf(org, id) }));
        const { Errors } = await bucket.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
        const [failed] = Errors ?? [];
        if (failed !== undefined) throw new S3RefusedError(bucket.place, `deleting: ${failed.Code ?? "unknown"}`);
      }
    },
  };
}

function unlessGone(error: unknown): void {
  if (!(error instanceof UploadGoneError)) throw error;
}

function createGate(size: number): Gate {
  let free = size;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
