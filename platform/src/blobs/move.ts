import { createHash, randomUUID, type Hash } from "node:crypto";
import type { Pool } from "pg";
import { inOrganization } from "../store/organization.ts";
import { NotInBackendError, type BlobBackend, type PendingBlob } from "./backend.ts";
import { BlobCopyDiffersError } from "./errors.ts";
import { releaseFileBlobs } from "./host.ts";

export interface MoveResult {
  moved: number;
  /** Those without bytes any more: they stay listed, and unreadable. */
  lost: number;
  /** Whether all were gone through; otherwise call again. */
  done: boolean;
}

interface Blob {
  org: string;
  digest: string;
  id: string;
}

/** At once: a bucket takes long to answer one, and hardly longer to answer four. */
const lanes = 4;

/**
 * Moves the blobs of a host that kept them in files to where they are kept now, and gives up the host's claim, so that
 * other hosts may join. Call it on that host at start, when its setting is no longer `files`.
 *
 * @param deps.pool with the engine's role, which sees all organizations.
 */
export async function moveFileBlobs(deps: {
  pool: Pool;
  from: BlobBackend;
  to: BlobBackend;
  dataDir: string;
}): Promise<{ moved: number; lost: number }> {
  const { moved, lost } = await moveBlobs({ ...deps, goOn: () => true });
  await releaseFileBlobs(deps.pool, deps.dataDir);
  return { moved, lost };
}

/**
 * Moves blobs from one backend to another while both are in use, as long as `goOn` says so. Safe to repeat after a crash:
 * each blob is copied, its row pointed at the copy, the copy read back, and only then the original removed. Only ciphertext passes
 * through.
 *
 * @throws BlobCopyDiffersError
 */
export async function moveBlobs(deps: {
  pool: Pool;
  from: BlobBackend;
  to: BlobBackend;
  goOn: () => boolean;
}): Promise<MoveResult> {
  const { pool, from, to, goOn } = deps;
  const result = { moved: 0, lost: 0 };
  let after = "00000000-0000-0000-0000-000000000000";
  for (;;) {
    if (!goOn()) return { ...result, done: false };
    const { rows } = await pool.query<Blob>(
      "SELECT org, digest, id FROM blobs WHERE backend = $1 AND id > $2 ORDER BY id LIMIT $3",
      [from.kind, after, lanes],
    );
    // All of them, whatever becomes of one: each has its row back where it was before anybody is told.
    const ended = await Promise.allSettled(rows.map((blob) => moveOne(pool, from, to, blob)));
    for (const one of ended) {
      if (one.status === "rejected") throw one.reason;
      result[one.value ? "moved" : "lost"] += 1;
    }
    if (rows.length < lanes) return { ...result, done: true };
    after = rows.at(-1)?.id ?? after;
  }
}

async function moveOne(pool: Pool, from: BlobBackend, to: BlobBackend, blob: Blob): Promise<boolean> {
  const copy = { ...blob, id: randomUUID() };
  const original = createHash("sha256");
  let pending: PendingBlob;
  try {
    pending = await to.write(blob.org, copy.id, hashed(from.read(blob.org, blob.id), original));
  } catch (error) {
    await to.remove(blob.org, [copy.id]);
    if (error instanceof NotInBackendError) return false;
    throw error;
  }
  // Not so when it was deleted, or moved by another process, in the meantime.
  if (!(await point(pool, blob, { id: copy.id, kind: to.kind }, pending.complete))) {
    await to.remove(blob.org, [copy.id]);
    return true;
  }
  // Only now: some of it may have been written by that transaction.
  if ((await digestOf(to.read(copy.org, copy.id))) !== original.digest("hex")) {
    await point(pool, copy, { id: blob.id, kind: from.kind }, async () => undefined);
    await to.remove(copy.org, [copy.id]);
    throw new BlobCopyDiffersError(blob.digest, to.kind);
  }
  await from.remove(blob.org, [blob.id]);
  return true;
}

/** @returns whether the row was still the one that is pointed elsewhere. */
function point(
  pool: Pool,
  { org, digest, id }: Blob,
  at: { id: string; kind: string },
  complete: PendingBlob["complete"],
): Promise<boolean> {
  return inOrganization(pool, org, async (tx) => {
    const updated = await tx.query(
      "UPDATE blobs SET id = $4, backend = $5 WHERE org = $1 AND digest = $2 AND id = $3",
      [org, digest, id, at.id, at.kind],
    );
    if (updated.rowCount === 1) await complete(tx);
    return updated.rowCount === 1;
  });
}

async function digestOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of content) hash.update(part);
  return hash.digest("hex");
}

async function* hashed(source: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const part of source) {
    hash.update(part);
    yield part;
  }
}
