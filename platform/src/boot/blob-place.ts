import { errorData } from "@gantry/sdk";
import type { BlobsView } from "@gantry/sdk/api";
import type { Pool } from "pg";
import type { BlobPlace } from "../api/index.ts";
import { moveBlobs, type BlobBackend } from "../blobs/index.ts";
import { S3NotUsedError } from "../blobs/s3/errors.ts";
import type { S3Blobs } from "../blobs/s3/index.ts";

/** Long enough to get on, and shorter than any proxy's patience. */
const moveMs = 10_000;

/** What operators see of where blobs are kept, and do about it. `backends`: the first is written to. */
export function createBlobPlace(deps: {
  pool: Pool;
  backends: readonly [BlobBackend, ...BlobBackend[]];
  s3: S3Blobs | undefined;
  now: () => number;
}): BlobPlace {
  const { pool, backends, s3, now } = deps;
  const [main, ...others] = backends;
  const inspect = async (): Promise<BlobsView> => ({
    store: main.kind,
    place: s3?.place ?? null,
    problem: s3 === undefined ? null : await problemOf(s3.probe()),
    lifecycle: s3 === undefined ? null : await lifecycleOf(s3),
  });
  return {
    inspect,
    async move() {
      const end = now() + moveMs;
      let [moved, lost] = [0, 0];
      for (const from of others) {
        const part = await moveBlobs({ pool, from, to: main, goOn: () => now() < end });
        moved += part.moved;
        lost += part.lost;
        if (!part.done) return { moved, lost, done: false };
      }
      return { moved, lost, done: true };
    },
    async setLifecycle() {
      if (s3 === undefined) throw new S3NotUsedError();
      await s3.writeLifecycle();
      return inspect();
    },
  };
}

async function lifecycleOf(s3: S3Blobs): Promise<BlobsView["lifecycle"]> {
  try {
    return { ...(await s3.readLifecycle()), problem: null };
  } catch (error) {
    const { code, message } = errorData(error);
    return { abortsUploadsAfterDays: null, harmfulRules: [], problem: { code, message } };
  }
}

async function problemOf(trying: Promise<void>): Promise<BlobsView["problem"]> {
  try {
    await trying;
    return null;
  } catch (error) {
    const { code, message } = errorData(error);
    return { code, message };
  }
}
