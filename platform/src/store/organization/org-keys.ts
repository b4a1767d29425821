import type { Queryable } from "../queryable.ts";

export interface OrgKeyRow {
  version: number;
  wrapped: Buffer;
  kek: string;
}

/** The organization's keys that aren't retired, oldest first. */
export async function readOrgKeys(db: Queryable, org: string): Promise<OrgKeyRow[]> {
  const { rows } = await db.query<OrgKeyRow>({
    name: "org-keys",
    text: "SELECT version, wrapped, kek FROM org_keys WHERE org = $1 AND retired_at IS NULL ORDER BY version",
    values: [org],
  });
  return rows;
}

/**
 * Stores a key unless there is one of that number, and has everything that the organization encrypted moved to it.
 * @returns whether it was stored: of several who make the next one at once, one does.
 */
export async function insertOrgKey(db: Queryable, { org, version, wrapped, kek }: OrgKeyRow & { org: string }) {
  const { rowCount } = await db.query(
    `WITH made AS (
       INSERT INTO org_keys (org, version, wrapped, kek) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING org, version)
     INSERT INTO key_moves (org, target) SELECT org, version FROM made
     ON CONFLICT (org) DO UPDATE SET target = excluded.target, kind = '', after = '', moved = 0, total = NULL,
       failure = NULL, started_at = now(), updated_at = now(), finished_at = NULL`,
    [org, version, wrapped, kek],
  );
  return (rowCount ?? 0) > 0;
}

export interface OrgKeyView {
  version: number;
  kek: string;
  createdAt: Date;
  retiredAt: Date | null;
}

/** All keys that the organization ever had, oldest first. */
export async function listOrgKeys(db: Queryable, org: string): Promise<OrgKeyView[]> {
  const { rows } = await db.query<OrgKeyView>(
    `SELECT version, kek, created_at AS "createdAt", retired_at AS "retiredAt" FROM org_keys WHERE org = $1 ORDER BY version`,
    [org],
  );
  return rows;
}

/** Keys that `current` (a pattern of LIKE) doesn't name the wrapping of, or all of them when that is asked for. */
export async function keysToRewrap(
  db: Queryable,
  current: string,
  after: { org: string; version: number } | null,
  limit: number,
): Promise<(OrgKeyRow & { org: string })[]> {
  const { rows } = await db.query<OrgKeyRow & { org: string }>(
    `SELECT k.org, k.version, k.wrapped, k.kek FROM org_keys k, encryption_lease l
      WHERE k.retired_at IS NULL AND (l.rewrap OR k.kek NOT LIKE $1)
        AND ($2::uuid IS NULL OR (k.org, k.version) > ($2::uuid, $3::int))
      ORDER BY k.org, k.version LIMIT $4`,
    [current, after?.org ?? null, after?.version ?? 0, limit],
  );
  return rows;
}

/** Unless somebody else has wrapped it anew. */
export async function storeRewrapped(
  db: Queryable,
  { org, version, wrapped }: OrgKeyRow & { org: string },
  to: { kek: string; wrapped: Buffer },
): Promise<void> {
  await db.query("UPDATE org_keys SET wrapped = $4, kek = $5 WHERE org = $1 AND version = $2 AND wrapped = $3", [
    org,
    version,
    wrapped,
    to.wrapped,
    to.kek,
  ]);
}

/** Organizations with more than one key, whose newest every process has known for a while. */
export async function organizationsWithOldKeys(db: Queryable, knownMs: number): Promise<string[]> {
  const { rows } = await db.query<{ org: string }>(
    `SELECT org FROM org_keys WHERE retired_at IS NULL GROUP BY org
     HAVING count(*) > 1 AND max(created_at) < now() - $1 * interval '1 millisecond'`,
    [knownMs],
  );
  return rows.map(({ org }) => org);
}

/** The keys go for good; never the newest. */
export async function retireKeys(db: Queryable, org: string, versions: readonly number[]): Promise<void> {
  await db.query(
    `UPDATE org_keys k SET wrapped = NULL, retired_at = now()
      WHERE org = $1 AND version = ANY ($2) AND retired_at IS NULL
        AND version < (SELECT max(version) FROM org_keys n WHERE n.org = k.org)`,
    [org, versions],
  );
}
