import type { Pool } from "pg";
import type { BlobBackend } from "./backend.ts";

const dayMs = 24 * 3_600_000;

/**
 * Removes bytes that no index row points at: what a crash left between writing a blob and indexing it. Only what is a day
 * old, because a blob that is being written isn't indexed either.
 *
 * @param deps.pool with the engine's role, which sees all organizations.
 * @returns how many were removed.
 */
export async function sweepBlobs(deps: {
  pool: Pool;
  backends: readonly BlobBackend[];
  now: () => number;
}): Promise<number> {
  const before = new Date(deps.now() - dayMs);
  let removed = 0;
  for (const backend of deps.backends) {
    for await (const { org, id } of backend.writtenBefore(before)) {
      const { rowCount } = await deps.pool.query("SELECT FROM blobs WHERE id = $1", [id]);
      if (rowCount !== 0) continue;
      await backend.remove(org, id);
      removed += 1;
    }
  }
  return removed;
}
