import type { Queryable } from "../queryable.ts";

export interface TeamRow {
  id: string;
  name: string;
  description: string;
  members: { id: string; name: string; kind: "user" | "service" }[];
  createdAt: Date;
}

const select = `SELECT t.id, t.name, t.description, t.created_at AS "createdAt",
    (SELECT COALESCE(json_agg(json_build_object('id', a.id, 'name', a.name, 'kind', a.kind) ORDER BY a.name), '[]')
       FROM team_members m JOIN actors a ON a.id = m.actor WHERE m.team = t.id) AS members
  FROM teams t WHERE t.org = $1`;

export async function listTeams(db: Queryable, org: string): Promise<TeamRow[]> {
  return (await db.query<TeamRow>(`${select} ORDER BY t.name`, [org])).rows;
}

export async function findTeam(db: Queryable, org: string, name: string): Promise<TeamRow | null> {
  return (await db.query<TeamRow>(`${select} AND t.name = $2`, [org, name])).rows[0] ?? null;
}

/** @returns false when the organization has one of that name. */
export async function insertTeam(
  db: Queryable,
  one: { org: string; id: string; name: string; description: string },
): Promise<boolean> {
  await db.query("INSERT INTO teams (org, id, name, description) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", [
    one.org,
    one.id,
    one.name,
    one.description,
  ]);
  return (await findTeam(db, one.org, one.name))?.id === one.id;
}

/** @returns false when another one is called so. */
export async function updateTeam(
  db: Queryable,
  one: { org: string; id: string; name: string | undefined; description: string | undefined },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE teams SET name = COALESCE($3, name), description = COALESCE($4, description)
      WHERE org = $1 AND id = $2 AND NOT EXISTS (SELECT FROM teams o WHERE o.org = $1 AND o.name = $3 AND o.id <> $2)`,
    [one.org, one.id, one.name ?? null, one.description ?? null],
  );
  return (rowCount ?? 0) > 0;
}

export async function deleteTeam(db: Queryable, org: string, id: string): Promise<void> {
  await db.query("DELETE FROM team_members WHERE org = $1 AND team = $2", [org, id]);
  await db.query("DELETE FROM teams WHERE org = $1 AND id = $2", [org, id]);
}

export async function addMember(
  db: Queryable,
  { org, team, actor }: { org: string; team: string; actor: string },
): Promise<void> {
  await db.query("INSERT INTO team_members (org, team, actor) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [
    org,
    team,
    actor,
  ]);
}

/** @returns false when they weren't in it. */
export async function removeMember(
  db: Queryable,
  { org, team, actor }: { org: string; team: string; actor: string },
): Promise<boolean> {
  const { rowCount } = await db.query("DELETE FROM team_members WHERE org = $1 AND team = $2 AND actor = $3", [
    org,
    team,
    actor,
  ]);
  return (rowCount ?? 0) > 0;
}
