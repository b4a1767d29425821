import type { Queryable } from "../organization.ts";

export interface InvitationRow {
  id: string;
  version: number;
  email: string | null;
  roles: string[];
  groups: string[];
  teams: string[];
  invitedBy: string | null;
  createdAt: Date;
  expiresAt: Date;
  acceptedAt: Date | null;
  revokedAt: Date | null;
}

const columns = `i.id, i.version, i.email, i.roles, i.groups,
  ARRAY(SELECT t.name FROM teams t WHERE t.id = ANY (i.teams) ORDER BY t.name) AS teams, i.invited_by AS "invitedBy",
  i.created_at AS "createdAt", i.expires_at AS "expiresAt", i.accepted_at AS "acceptedAt", i.revoked_at AS "revokedAt"`;

export interface NewInvitation {
  id: string;
  org: string;
  email: string | null;
  roles: readonly string[];
  groups: readonly string[];
  /** Ids. */
  teams: readonly string[];
  invitedBy: string | null;
  hours: number;
}

/** Takes the place of an open one to the same address, whose link is void from then on. */
export async function insertInvitation(db: Queryable, one: NewInvitation): Promise<InvitationRow> {
  await db.query(
    `UPDATE invitations SET revoked_at = now() WHERE org = $1 AND email IS NOT DISTINCT FROM $2 AND id <> $3
      AND accepted_at IS NULL AND revoked_at IS NULL`,
    [one.org, one.email, one.id],
  );
  const { rows } = await db.query<InvitationRow>(
    `WITH i AS (
       INSERT INTO invitations (id, org, email, roles, groups, teams, invited_by, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(hours => $8))
       ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING *)
     SELECT ${columns} FROM i`,
    [one.id, one.org, one.email, one.roles, one.groups, one.teams, one.invitedBy, one.hours],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`The invitation ${one.id} was not stored.`);
  return row;
}

export async function listInvitations(db: Queryable, org: string): Promise<InvitationRow[]> {
  const { rows } = await db.query<InvitationRow>(
    `SELECT ${columns} FROM invitations i WHERE i.org = $1 ORDER BY i.created_at DESC, i.id DESC LIMIT 1000`,
    [org],
  );
  return rows;
}

/** A new link for the one that is open; null when there is none. */
export async function renewInvitation(db: Queryable, id: string, hours: number): Promise<InvitationRow | null> {
  const { rows } = await db.query<InvitationRow>(
    `WITH i AS (
       UPDATE invitations SET version = version + 1, expires_at = now() + make_interval(hours => $2)
        WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL RETURNING *)
     SELECT ${columns} FROM i`,
    [id, hours],
  );
  return rows[0] ?? null;
}

/** The first time counts. Null when there is none, or it was accepted. */
export async function revokeInvitation(db: Queryable, id: string): Promise<InvitationRow | null> {
  const { rows } = await db.query<InvitationRow>(
    `WITH i AS (
       UPDATE invitations SET revoked_at = COALESCE(revoked_at, now()) WHERE id = $1 AND accepted_at IS NULL RETURNING *)
     SELECT ${columns} FROM i`,
    [id],
  );
  return rows[0] ?? null;
}

/** What whoever holds the link may see, before they belong to an organization. */
export interface FoundInvitation {
  org: string;
  organization: string;
  version: number;
  email: string | null;
  roles: string[];
  groups: string[];
  teams: string[];
  open: boolean;
}

export async function findInvitation(db: Queryable, id: string): Promise<FoundInvitation | null> {
  const { rows } = await db.query<FoundInvitation>("SELECT * FROM find_invitation($1)", [id]);
  return rows[0] ?? null;
}

/** False when somebody else was first, or it is void. */
export async function acceptInvitation(
  db: Queryable,
  { id, version, actor }: { id: string; version: number; actor: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE invitations SET accepted_at = now(), accepted_by = $3
      WHERE id = $1 AND version = $2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()`,
    [id, version, actor],
  );
  return rowCount === 1;
}
