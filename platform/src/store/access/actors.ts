import type { Queryable } from "../organization.ts";

export interface ActorRow {
  id: string;
  kind: "user" | "service";
  name: string;
  groups: string[];
  teams: string[];
  createdAt: Date;
  disabledAt: Date | null;
}

const columns = `id, kind, name, groups, team_names AS teams, created_at AS "createdAt", disabled_at AS "disabledAt"`;

/** Null when the organization has one of that name. */
export async function insertActor(
  db: Queryable,
  actor: {
    id: string;
    org: string;
    kind: "user" | "service";
    name: string;
    groups: readonly string[];
    /** Who answers for a service account: they can't approve what it asks for. */
    owner?: string;
  },
): Promise<ActorRow | null> {
  const { rows } = await db.query<ActorRow>(
    `INSERT INTO actors (id, org, kind, name, groups, owner) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (org, name) DO NOTHING RETURNING ${columns}`,
    [
      actor.id,
      actor.org,
      actor.kind,
      actor.name,
      actor.groups,
      actor.kind === "service" ? (actor.owner ?? null) : null,
    ],
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

/** @returns false when another one is called so. */
export async function updateActor(
  db: Queryable,
  one: { org: string; id: string; name: string; groups: readonly string[] },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE actors SET name = $3, groups = $4 WHERE org = $1 AND id = $2
       AND NOT EXISTS (SELECT FROM actors o WHERE o.org = $1 AND o.name = $3 AND o.id <> $2)`,
    [one.org, one.id, one.name, one.groups],
  );
  return (rowCount ?? 0) > 0;
}

/** Whoever is disabled keeps the time of the first time. Every credential asks for it with each use. */
export async function setDisabled(db: Queryable, id: string, disabled: boolean): Promise<ActorRow | null> {
  const { rows } = await db.query<ActorRow>(
    `UPDATE actors SET disabled_at = CASE WHEN $2 THEN COALESCE(disabled_at, now()) END WHERE id = $1 RETURNING ${columns}`,
    [id, disabled],
  );
  return rows[0] ?? null;
}
