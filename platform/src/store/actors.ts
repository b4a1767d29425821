import type { Queryable } from "./organization.ts";

export interface ActorRow {
  id: string;
  kind: "user" | "service";
  name: string;
  groups: string[];
  createdAt: Date;
  disabledAt: Date | null;
}

const columns = `id, kind, name, groups, created_at AS "createdAt", disabled_at AS "disabledAt"`;

/** Null when the organization has one of that name. */
export async function insertActor(
  db: Queryable,
  actor: { id: string; org: string; kind: "user" | "service"; name: string; groups: readonly string[] },
): Promise<ActorRow | null> {
  const { rows } = await db.query<ActorRow>(
    `INSERT INTO actors (id, org, kind, name, groups) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (org, name) DO NOTHING RETURNING ${columns}`,
    [actor.id, actor.org, actor.kind, actor.name, actor.groups],
  );
  return rows[0] ?? null;
}

export async function listActors(db: Queryable, org: string): Promise<ActorRow[]> {
  const { rows } = await db.query<ActorRow>(`SELECT ${columns} FROM actors WHERE org = $1 ORDER BY name LIMIT 1000`, [
    org,
  ]);
  return rows;
}

export async function findActor(db: Queryable, id: string): Promise<ActorRow | null> {
  const { rows } = await db.query<ActorRow>(`SELECT ${columns} FROM actors WHERE id = $1`, [id]);
  return rows[0] ?? null;
}
