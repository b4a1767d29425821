import type { Queryable } from "../queryable.ts";

/** Of these digests, those whose content the organization doesn't have any more. */
export async function missingBlobs(db: Queryable, digests: readonly string[]): Promise<Set<string>> {
  if (digests.length === 0) return new Set();
  const { rows } = await db.query<{ digest: string }>("SELECT digest FROM blobs WHERE digest = ANY ($1::text[])", [
    digests,
  ]);
  const found = new Set(rows.map(({ digest }) => digest));
  return new Set(digests.filter((digest) => !found.has(digest)));
}
