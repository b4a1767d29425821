import type { Pool } from "pg";
import type { BlobBackend } from "./backend.ts";

const dayMs = 24 * 3_600_000;
const batch = 1_000;

interface Found {
  org: string;
  id: string;
}

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
    let found: Found[] = [];
    const removeUnindexed = async () => {
      const ids = found.map(({ id }) => id);
      const { rows } = await deps.pool.query<{ id: string }>("SELECT id FROM blobs WHERE id = ANY ($1::uuid[])", [ids]);
      const indexed = new Set(rows.map(({ id }) => id));
      const left = found.filter(({ id }) => !indexed.has(id));
      for (const [org, those] of Map.groupBy(left, ({ org: of }) => of)) {
        await backend.remove(
          org,
          those.map(({ id }) => id),
        );
      }
      removed += left.length;
      found = [];
    };
    for await (const one of backend.writtenBefore(before)) {
      if (found.push(one) === batch) await removeUnindexed();
    }
    await removeUnindexed();
  }
  return removed;
}
