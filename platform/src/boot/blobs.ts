import { join } from "node:path";
import type { Pool } from "pg";
import {
  assertBlobsReachable,
  createBlobStore,
  createFileBackend,
  createPostgresBackend,
  moveFileBlobs,
  sweepBlobs,
  type BlobBackend,
  type BlobStore,
} from "../blobs/index.ts";
import type { S3Blobs } from "../blobs/s3/index.ts";
import { S3NotConfiguredError } from "../blobs/s3/errors.ts";
import type { BlobPlace } from "../api/index.ts";
import { createBlobPlace } from "./blob-place.ts";
import type { Parts } from "./parts.ts";

const sweepEveryMs = 6 * 3_600_000;

/**
 * The blob store that the configuration names. A host that used to keep files moves them to where blobs are kept now; a
 * second host beside one that keeps files is refused.
 */
export async function openBlobs(
  parts: Parts,
  pool: Pool,
): Promise<{ store: BlobStore; place: BlobPlace; stop(): Promise<void> }> {
  const { config, keys, log } = parts;
  const files = createFileBackend(join(config.dataDir, "blobs"));
  const rows = createPostgresBackend(pool);
  await assertBlobsReachable(pool, { blobs: config.blobs, dataDir: config.dataDir });
  const s3 = await openBucket(parts, pool);
  const all: BlobBackend[] = [files, rows, ...(s3 === undefined ? [] : [s3.backend])];
  const main = all.find(({ kind }) => kind === config.blobs) ?? files;
  if (main !== files) {
    const { moved, lost } = await moveFileBlobs({ pool, from: files, to: main, dataDir: config.dataDir });
    if (moved + lost > 0) log.info({ moved, lost, to: main.kind }, "Blobs were moved out of files");
  }
  const backends = [main, ...all.filter((backend) => backend !== main)] as const;
  const sweep = () => {
    sweepBlobs({ pool, backends, now: Date.now }).catch((err: unknown) =>
      log.warn({ err }, "Leftover blobs could not be swept"),
    );
  };
  // Once for all: workers have what the server has, and listing a bucket costs.
  const timer = config.role === "worker" ? undefined : setInterval(sweep, sweepEveryMs).unref();
  return {
    store: createBlobStore({ pool, keys, backends }),
    place: createBlobPlace({ pool, backends, s3, now: Date.now }),
    async stop() {
      clearInterval(timer);
      s3?.close();
    },
  };
}

/** Loaded only where it is needed: the AWS SDK takes a good part of a process's memory. */
async function openBucket({ config, log }: Parts, pool: Pool): Promise<S3Blobs | undefined> {
  if (config.s3 !== undefined) {
    const { openS3 } = await import("../blobs/s3/index.ts");
    const opened = await openS3(config.s3, { db: pool, now: Date.now });
    log.info({ bucket: opened.place }, "The bucket for blobs can be written, read and listed");
    return opened;
  }
  const { rowCount } = await pool.query("SELECT FROM blobs WHERE backend = 's3' LIMIT 1");
  if (rowCount !== 0) throw new S3NotConfiguredError();
  return undefined;
}
