import { join } from "node:path";
import type { Pool } from "pg";
import {
  assertBlobsReachable,
  createBlobStore,
  createFileBackend,
  createPostgresBackend,
  moveFileBlobs,
  sweepBlobs,
  type BlobStore,
} from "../blobs/index.ts";
import type { Parts } from "./parts.ts";

const sweepEveryMs = 6 * 3_600_000;

/**
 * The blob store that the configuration names. A host that used to keep files moves them into the database first; a
 * second host beside one that keeps files is refused.
 */
export async function openBlobs(
  { config, keyring, log }: Parts,
  pool: Pool,
): Promise<{ store: BlobStore; stop(): Promise<void> }> {
  const files = createFileBackend(join(config.dataDir, "blobs"));
  const rows = createPostgresBackend(pool);
  await assertBlobsReachable(pool, { blobs: config.blobs, dataDir: config.dataDir });
  if (config.blobs === "postgres") {
    const { moved, lost } = await moveFileBlobs({ pool, from: files, to: rows, dataDir: config.dataDir });
    if (moved + lost > 0) log.info({ moved, lost }, "Blobs were moved from files into the database");
  }
  const backends = config.blobs === "postgres" ? ([rows, files] as const) : ([files, rows] as const);
  const sweep = () => {
    sweepBlobs({ pool, backends, now: Date.now }).catch((err: unknown) =>
      log.warn({ err }, "Leftover blobs could not be swept"),
    );
  };
  const timer = setInterval(sweep, sweepEveryMs).unref();
  return { store: createBlobStore({ pool, keyring, backends }), stop: async () => clearInterval(timer) };
}
