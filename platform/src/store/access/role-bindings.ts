import type { Role } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

export interface RoleBindingRow {
  id: string;
  role: Role;
  actor: string | null;
  actorName: string | null;
  team: string | null;
  teamName: string | null;
  /** Of its project: id and name. */
  project: string | null;
  projectName: string | null;
  environment: string | null;
  grantedBy: string | null;
  grantedByName: string | null;
  createdAt: Date;
  expiresAt: Date | null;
}

const select = `SELECT b.id, b.role, b.actor, a.name AS "actorName", b.team, t.name AS "teamName", b.project, p.name AS "projectName",
    b.environment, b.granted_by AS "grantedBy", g.name AS "grantedByName", b.created_at AS "createdAt", b.expires_at AS "expiresAt"
  FROM role_bindings b LEFT JOIN actors a ON a.id = b.actor LEFT JOIN teams t ON t.id = b.team
    LEFT JOIN projects p ON p.id = b.project LEFT JOIN actors g ON g.id = b.granted_by WHERE b.org = $1`;
const order = `ORDER BY p.name NULLS FIRST, b.environment NULLS FIRST, b.role, COALESCE(a.name, t.name)`;

/** Those that haven't expired; of an actor those of its teams, too. */
export async function listBindings(db: Queryable, org: string, actor?: string): Promise<RoleBindingRow[]> {
  const { rows } = await db.query<RoleBindingRow>(
    `${select} AND (b.expires_at IS NULL OR b.expires_at > now())
       AND ($2::uuid IS NULL OR b.actor = $2 OR b.team IN (SELECT m.team FROM team_members m WHERE m.actor = $2)) ${order}`,
    [org, actor ?? null],
  );
  return rows;
}

export async function bindingsOfTeam(db: Queryable, org: string, team: string): Promise<RoleBindingRow[]> {
  const { rows } = await db.query<RoleBindingRow>(
    `${select} AND b.team = $2 AND (b.expires_at IS NULL OR b.expires_at > now()) ${order}`,
    [org, team],
  );
  return rows;
}

export async function findBinding(db: Queryable, org: string, id: string): Promise<RoleBindingRow | null> {
  return (await db.query<RoleBindingRow>(`${select} AND b.id = $2`, [org, id])).rows[0] ?? null;
}

export interface NewBinding {
  org: string;
  id: string;
  role: Role;
  actor: string | null;
  team: string | null;
  project: string | null;
  environment: string | null;
  grantedBy: string;
  expiresAt: Date | null;
}

/** The same role at the same place again: its end and who gave it change. @returns its id. */
export async function putBinding(db: Queryable, one: NewBinding): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `INSERT INTO role_bindings (org, id, role, actor, team, project, environment, granted_by, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (org, role, actor, team, project, environment)
     DO UPDATE SET granted_by = excluded.granted_by, expires_at = excluded.expires_at RETURNING id`,
    [one.org, one.id, one.role, one.actor, one.team, one.project, one.environment, one.grantedBy, one.expiresAt],
  );
  return rows[0]?.id ?? one.id;
}

export async function deleteBinding(db: Queryable, org: string, id: string): Promise<void> {
  await db.query("DELETE FROM role_bindings WHERE org = $1 AND id = $2", [org, id]);
}

/** Until the transaction ends nobody else changes who owns the organization. */
export async function lockOwners(db: Queryable, org: string): Promise<void> {
  await db.query("SELECT FROM organizations WHERE org = $1 FOR NO KEY UPDATE", [org]);
}

/** Whether there is a person who owns the organization for good: themselves or by a team, not disabled. */
export async function hasOwner(db: Queryable, org: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM role_bindings b JOIN actors a ON a.org = b.org AND a.kind = 'user' AND a.disabled_at IS NULL
       AND (a.id = b.actor OR EXISTS (SELECT FROM team_members m WHERE m.team = b.team AND m.actor = a.id))
      WHERE b.org = $1 AND b.role = 'owner' AND b.project IS NULL AND b.expires_at IS NULL LIMIT 1`,
    [org],
  );
  return (rowCount ?? 0) > 0;
}
