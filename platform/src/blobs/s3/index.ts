// Blobs in an S3-compatible bucket. Loaded only where one is configured: the AWS SDK takes 36 MB of memory. Imported by the
// composition root only, past the index of blobs.
import type { Queryable } from "../../store/organization.ts";
import type { BlobBackend } from "../backend.ts";
import { createS3Backend } from "./backend.ts";
import { openBucket, s3Limits, type S3Limits } from "./client.ts";
import { claimBucket } from "./identity.ts";
import { readLifecycle, writeLifecycle, type Lifecycle } from "./lifecycle.ts";
import { probe } from "./probe.ts";
import type { S3Settings } from "./settings.ts";

export interface S3Blobs {
  backend: BlobBackend;
  /** The bucket's name and where it is. */
  place: string;
  /** Tries it out again. @throws as `openS3` does */
  probe(): Promise<void>;
  readLifecycle(): Promise<Lifecycle>;
  writeLifecycle(): Promise<void>;
  close(): void;
}

/**
 * Opens a bucket after trying it out, and makes sure that it is this installation's.
 *
 * @param deps.db with the engine's role.
 * @throws what errors.ts has: missing, denied, wrong region, clock, unreachable, another installation's.
 */
export async function openS3(
  settings: S3Settings,
  deps: { db: Queryable; now: () => number; limits?: Partial<S3Limits> },
): Promise<S3Blobs> {
  const bucket = openBucket(settings, { ...s3Limits, ...deps.limits }, deps.now);
  const backend = createS3Backend(bucket);
  try {
    await probe(bucket, backend);
    await claimBucket(deps.db, bucket);
  } catch (error) {
    bucket.close();
    throw error;
  }
  return {
    backend,
    place: bucket.place,
    probe: () => probe(bucket, backend),
    readLifecycle: () => readLifecycle(bucket),
    writeLifecycle: () => writeLifecycle(bucket),
    close: bucket.close,
  };
}
