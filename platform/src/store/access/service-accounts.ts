import type { Queryable } from "../organization.ts";

export interface ServiceAccountRow {
  id: string;
  name: string;
  groups: string[];
  createdAt: Date;
  disabledAt: Date | null;
  /** That are good now. */
  keys: number;
}

const columns = `a.id, a.name, a.groups, a.created_at AS "createdAt", a.disabled_at AS "disabledAt",
  (SELECT count(*)::int FROM api_keys k
    WHERE k.actor = a.id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())) AS keys`;

export async function listServiceAccounts(db: Queryable, org: string): Promise<ServiceAccountRow[]> {
  const { rows } = await db.query<ServiceAccountRow>(
    `SELECT ${columns} FROM actors a WHERE a.org = $1 AND a.kind = 'service' ORDER BY a.name LIMIT 1000`,
    [org],
  );
  return rows;
}

export async function findServiceAccount(db: Queryable, id: string): Promise<ServiceAccountRow | null> {
  const { rows } = await db.query<ServiceAccountRow>(
    `SELECT ${columns} FROM actors a WHERE a.id = $1 AND a.kind = 'service'`,
    [id],
  );
  return rows[0] ?? null;
}

/** With its keys, so that enabling it again gives nobody back what they may have lost. */
export async function disableServiceAccount(db: Queryable, id: string): Promise<void> {
  await db.query(
    `WITH a AS (
       UPDATE actors SET disabled_at = COALESCE(disabled_at, now()) WHERE id = $1 AND kind = 'service' RETURNING id)
     UPDATE api_keys k SET revoked_at = COALESCE(k.revoked_at, now()) FROM a WHERE k.actor = a.id`,
    [id],
  );
}

/** In all of the organization. */
export async function bindRoles(
  db: Queryable,
  { org, actor, roles, grantedBy }: { org: string; actor: string; roles: readonly string[]; grantedBy: string | null },
  newId: () => string,
): Promise<void> {
  for (const role of roles) {
    await db.query(
      "INSERT INTO role_bindings (org, id, role, actor, granted_by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
      [org, newId(), role, actor, grantedBy],
    );
  }
}
