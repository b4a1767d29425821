import type { Digest } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

/** True once a day, for whoever asks first. */
export async function takeDailySweep(db: Queryable): Promise<boolean> {
  const { rowCount } = await db.query(
    "UPDATE retention_lease SET swept_at = now() WHERE swept_at < now() - interval '1 day'",
  );
  return (rowCount ?? 0) > 0;
}

export async function organizationsWithReferences(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ org: string }>("SELECT DISTINCT org FROM purged_references ORDER BY org");
  return rows.map(({ org }) => org);
}

/** Digests of content and plans that purged runs referred to, the earliest first, and the database's time. */
export async function readReferences(
  db: Queryable,
  org: string,
  limit: number,
): Promise<{ digests: Digest[]; looked: Date }> {
  const { rows } = await db.query<{ digest: Digest; looked: Date }>(
    "SELECT digest, clock_timestamp() AS looked FROM purged_references WHERE org = $1 ORDER BY since, digest LIMIT $2",
    [org, limit],
  );
  return { digests: rows.map(({ digest }) => digest), looked: rows[0]?.looked ?? new Date(0) };
}

/** Unless a run that was purged meanwhile referred to it once more. */
export async function forgetReferences(
  db: Queryable,
  org: string,
  digests: readonly Digest[],
  looked: Date,
): Promise<void> {
  await db.query("DELETE FROM purged_references WHERE org = $1 AND digest = ANY ($2::text[]) AND since < $3", [
    org,
    digests,
    looked,
  ]);
}

export async function listRunIds(db: Queryable, org: string, after: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    "SELECT id FROM runs WHERE org = $1 AND id > $2 ORDER BY id LIMIT $3",
    [org, after, limit],
  );
  return rows.map(({ id }) => id);
}

/** Which of the digests these runs have as plan, or name in their plan or history. */
export async function digestsNamedBy(
  db: Queryable,
  runs: readonly string[],
  digests: readonly Digest[],
): Promise<Digest[]> {
  const { rows } = await db.query<{ digest: Digest }>(
    `SELECT plan_digest AS digest FROM runs WHERE id = ANY ($1::uuid[]) AND plan_digest = ANY ($2::text[])
     UNION SELECT m[1] FROM events e, regexp_matches(e.data::text, 'sha256:[0-9a-f]{64}', 'g') m
       WHERE e.run_id = ANY ($1::uuid[]) AND m[1] = ANY ($2::text[])
     UNION SELECT m[1] FROM runs r JOIN plans p ON p.org = r.org AND p.digest = r.plan_digest,
         regexp_matches(p.plan::text, 'sha256:[0-9a-f]{64}', 'g') m
       WHERE r.id = ANY ($1::uuid[]) AND m[1] = ANY ($2::text[])`,
    [runs, digests],
  );
  return rows.map(({ digest }) => digest);
}

/** Deletes those of the plans that no run has. @throws where others hold the table for longer than the transaction waits. */
export async function purgePlans(
  db: Queryable,
  org: string,
  digests: readonly Digest[],
  looked: Date,
): Promise<number> {
  await db.query("SET LOCAL lock_timeout = '500ms'");
  const { rows } = await db.query<{ gone: number }>("SELECT purge_plans($1, $2::text[], $3) AS gone", [
    org,
    digests,
    looked,
  ]);
  return rows[0]?.gone ?? 0;
}

/** Of these digests, those whose content is still stored or that are plans. */
export async function stillStored(db: Queryable, org: string, digests: readonly Digest[]): Promise<Set<string>> {
  const { rows } = await db.query<{ digest: string }>(
    `SELECT digest FROM blobs WHERE org = $1 AND digest = ANY ($2::text[])
     UNION SELECT digest FROM plans WHERE org = $1 AND digest = ANY ($2::text[])`,
    [org, digests],
  );
  return new Set(rows.map(({ digest }) => digest));
}

/** Archives that belong to no entry: of purges that were called off, or cut short. Only such as are a day old. */
export async function looseArchives(db: Queryable): Promise<{ org: string; digest: Digest }[]> {
  const { rows } = await db.query<{ org: string; digest: Digest }>(
    `SELECT b.org, b.digest FROM blobs b WHERE b.purpose = 'archive' AND b.used_at < now() - interval '1 day'
       AND NOT EXISTS (SELECT FROM archived_runs a WHERE a.org = b.org AND a.digest = b.digest)`,
  );
  return rows;
}
