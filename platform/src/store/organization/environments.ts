import type { Queryable } from "../organization.ts";

export type Protection = "open" | "guarded" | "strict";

export interface EnvironmentRow {
  project: string;
  name: string;
  protection: Protection;
  pool: string;
  createdAt: Date;
}

/** The id of a project by its name. */
export async function findProject(db: Queryable, org: string, name: string): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    "SELECT id FROM projects WHERE org = $1 AND name = $2 AND deleted_at IS NULL",
    [org, name],
  );
  return rows[0]?.id ?? null;
}

export async function findEnvironment(
  db: Queryable,
  org: string,
  project: string,
  name: string,
): Promise<EnvironmentRow | null> {
  const { rows } = await db.query<EnvironmentRow>(
    `SELECT p.name AS project, e.name, e.protection, e.pool, e.created_at AS "createdAt"
       FROM environments e JOIN projects p ON p.id = e.project WHERE e.org = $1 AND e.project = $2 AND e.name = $3`,
    [org, project, name],
  );
  return rows[0] ?? null;
}

export async function listEnvironments(db: Queryable, org: string): Promise<EnvironmentRow[]> {
  const { rows } = await db.query<EnvironmentRow>(
    `SELECT p.name AS project, e.name, e.protection, e.pool, e.created_at AS "createdAt"
       FROM environments e JOIN projects p ON p.id = e.project WHERE e.org = $1 ORDER BY p.name, e.name`,
    [org],
  );
  return rows;
}

/** @returns false when the project has one of that name. */
export async function insertEnvironment(
  db: Queryable,
  one: { org: string; project: string; name: string; protection: Protection; pool: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    "INSERT INTO environments (org, project, name, protection, pool) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    [one.org, one.project, one.name, one.protection, one.pool],
  );
  return (rowCount ?? 0) > 0;
}

export async function updateEnvironment(
  db: Queryable,
  one: { org: string; project: string; name: string; protection: Protection; pool: string },
): Promise<void> {
  await db.query("UPDATE environments SET protection = $4, pool = $5 WHERE org = $1 AND project = $2 AND name = $3", [
    one.org,
    one.project,
    one.name,
    one.protection,
    one.pool,
  ]);
}

export async function findProjectByIdOrName(db: Queryable, org: string, project: string): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM projects WHERE org = $1 AND (name = $2 OR id::text = $2) AND deleted_at IS NULL
      ORDER BY name <> $2 LIMIT 1`,
    [org, project],
  );
  return rows[0]?.id ?? null;
}
