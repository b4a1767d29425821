import type { Queryable } from "../organization.ts";

export interface ApiKeyRow {
  id: string;
  name: string;
  actor: string;
  actorName: string;
  prefix: string;
  scopes: string[];
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

export interface NewApiKey {
  id: string;
  org: string;
  actor: string;
  name: string;
  prefix: string;
  /** SHA-256 of the key. */
  hash: Buffer;
  scopes: readonly string[];
  expiresAt: Date | null;
}

const columns = `k.id, k.name, k.actor, a.name AS "actorName", k.prefix, k.scopes, k.created_at AS "createdAt",
  k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt", k.last_used_at AS "lastUsedAt"`;

export async function insertApiKey(db: Queryable, key: NewApiKey): Promise<ApiKeyRow> {
  const { rows } = await db.query<ApiKeyRow>(
    `WITH k AS (
       INSERT INTO api_keys (id, org, actor, prefix, hash, scopes, expires_at, name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       RETURNING *)
     SELECT ${columns} FROM k JOIN actors a ON a.id = k.actor`,
    [key.id, key.org, key.actor, key.prefix, key.hash, key.scopes, key.expiresAt, key.name],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`The key ${key.id} was not stored.`);
  return row;
}

export async function listApiKeys(db: Queryable, org: string): Promise<ApiKeyRow[]> {
  const { rows } = await db.query<ApiKeyRow>(
    `SELECT ${columns} FROM api_keys k JOIN actors a ON a.id = k.actor
      WHERE k.org = $1 ORDER BY k.created_at DESC, k.id LIMIT 1000`,
    [org],
  );
  return rows;
}

/** The key goes on for the overlap at most. Null when there is none that is good and hasn't been rotated yet. */
export async function retireApiKey(
  db: Queryable,
  { id, to, overlapSeconds }: { id: string; to: string; overlapSeconds: number },
): Promise<ApiKeyRow | null> {
  const { rows } = await db.query<ApiKeyRow>(
    `WITH k AS (
       UPDATE api_keys SET rotated_to = $2, expires_at = LEAST(expires_at, now() + make_interval(secs => $3))
        WHERE id = $1 AND revoked_at IS NULL AND rotated_to IS NULL AND (expires_at IS NULL OR expires_at > now()) RETURNING *)
     SELECT ${columns} FROM k JOIN actors a ON a.id = k.actor WHERE a.disabled_at IS NULL`,
    [id, to, overlapSeconds],
  );
  return rows[0] ?? null;
}

/** The first time counts. Null when the organization has no such key. */
export async function revokeApiKey(db: Queryable, id: string): Promise<ApiKeyRow | null> {
  const { rows } = await db.query<ApiKeyRow>(
    `WITH k AS (UPDATE api_keys SET revoked_at = COALESCE(revoked_at, now()) WHERE id = $1 RETURNING *)
     SELECT ${columns} FROM k JOIN actors a ON a.id = k.actor`,
    [id],
  );
  return rows[0] ?? null;
}
