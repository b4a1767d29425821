import type { Pool } from "pg";
import { inOrganization } from "../store/organization.ts";
import { NotInBackendError, type BlobBackend } from "./backend.ts";
import { releaseFileBlobs } from "./host.ts";
import { randomUUID } from "node:crypto";

/**
 * Moves the blobs of a host that kept them in files into the database, and gives up the host's claim, so that other hosts
 * may join. Call it on that host at start, when its setting is no longer `files`. Safe to repeat after a crash: each blob
 * is copied, its row pointed at the copy, and only then its file removed. Only ciphertext passes through.
 *
 * @param deps.pool with the engine's role, which sees all organizations.
 * @returns how many blobs were moved, and how many have no file any more (they stay listed, and unreadable).
 */
export async function moveFileBlobs(deps: {
  pool: Pool;
  from: BlobBackend;
  to: BlobBackend;
  dataDir: string;
}): Promise<{ moved: number; lost: number }> {
  const { pool, from, to, dataDir } = deps;
  let moved = 0;
  let lost = 0;
  let after = "00000000-0000-0000-0000-000000000000";
  for (;;) {
    const { rows } = await pool.query<{ org: string; digest: string; id: string }>(
      "SELECT org, digest, id FROM blobs WHERE backend = $1 AND id > $2 ORDER BY id LIMIT 100",
      [from.kind, after],
    );
    for (const row of rows) {
      if (await moveOne(pool, from, to, row)) moved += 1;
      else lost += 1;
      after = row.id;
    }
    if (rows.length === 0) break;
  }
  await releaseFileBlobs(pool, dataDir);
  return { moved, lost };
}

async function moveOne(
  pool: Pool,
  from: BlobBackend,
  to: BlobBackend,
  blob: { org: string; digest: string; id: string },
): Promise<boolean> {
  const id = randomUUID();
  let pending;
  try {
    pending = await to.write(blob.org, id, from.read(blob.org, blob.id));
  } catch (error) {
    await to.remove(blob.org, id);
    if (error instanceof NotInBackendError) return false;
    throw error;
  }
  const pointed = await inOrganization(pool, blob.org, async (tx) => {
    const updated = await tx.query(
      "UPDATE blobs SET id = $4, backend = $5 WHERE org = $1 AND digest = $2 AND id = $3",
      [blob.org, blob.digest, blob.id, id, to.kind],
    );
    if (updated.rowCount === 1) await pending.complete(tx);
    return updated.rowCount === 1;
  });
  // Otherwise it was deleted, or moved by another process, in the meantime.
  if (!pointed) await to.remove(blob.org, id);
  else await from.remove(blob.org, blob.id);
  return true;
}
