import type { Queryable } from "../queryable.ts";

export interface DelegationRow {
  id: string;
  group: string;
  from: { id: string; name: string };
  to: { id: string; name: string };
  reason: string;
  createdAt: Date;
  /** The same to the microsecond, for the next page. */
  at: string;
  until: Date;
  revokedAt: Date | null;
  holds: boolean;
}

const select = `SELECT d.id, d."group", json_build_object('id', h.id, 'name', h.name) AS "from",
    json_build_object('id', t.id, 'name', t.name) AS "to", d.reason, d.created_at AS "createdAt", d.created_at::text AS at, d.until,
    d.revoked_at AS "revokedAt",
    d.revoked_at IS NULL AND d.until > now() AND h.disabled_at IS NULL AND t.disabled_at IS NULL
      AND d."group" = ANY (h.groups || h.team_names) AS holds
  FROM approval_delegations d JOIN actors h ON h.id = d.delegator JOIN actors t ON t.id = d.delegate`;

export interface NewDelegation {
  org: string;
  id: string;
  group: string;
  delegator: string;
  delegate: string;
  reason: string;
  until: Date;
}

/** Does nothing when the delegate isn't another person of the organization who may sign in. */
export async function insertDelegation(db: Queryable, one: NewDelegation): Promise<void> {
  await db.query(
    `INSERT INTO approval_delegations (org, id, "group", delegator, delegate, reason, until)
     SELECT $1, $2, $3, h.id, t.id, $6, $7 FROM actors h, actors t
      WHERE h.org = $1 AND h.id = $4 AND t.org = $1 AND t.id = $5 AND t.kind = 'user' AND t.disabled_at IS NULL
        AND human_of(h) <> human_of(t)
     ON CONFLICT (id) DO NOTHING`,
    [one.org, one.id, one.group, one.delegator, one.delegate, one.reason, one.until],
  );
}

export async function findDelegation(db: Queryable, org: string, id: string): Promise<DelegationRow | null> {
  const { rows } = await db.query<DelegationRow>(`${select} WHERE d.org = $1 AND d.id = $2`, [org, id]);
  return rows[0] ?? null;
}

/** Newest first, behind a position. */
export async function listDelegations(
  db: Queryable,
  org: string,
  before: { at: string; id: string } | null,
  limit: number,
): Promise<DelegationRow[]> {
  const { rows } = await db.query<DelegationRow>(
    `${select} WHERE d.org = $1 AND ($2::timestamptz IS NULL OR (d.created_at, d.id) < ($2::timestamptz, $3::uuid))
     ORDER BY d.created_at DESC, d.id DESC LIMIT $4`,
    [org, before?.at ?? null, before?.id ?? null, limit],
  );
  return rows;
}

export async function revokeDelegation(db: Queryable, org: string, id: string, by: string): Promise<void> {
  await db.query(
    "UPDATE approval_delegations SET revoked_at = now(), revoked_by = $3 WHERE org = $1 AND id = $2 AND revoked_at IS NULL",
    [org, id, by],
  );
}
