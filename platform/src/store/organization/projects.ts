import type { Queryable } from "../queryable.ts";

export interface ProjectRow {
  id: string;
  name: string;
  environments: string[];
  liveRuns: number;
  createdAt: Date;
}

const select = `SELECT p.id, p.name, p.created_at AS "createdAt",
    ARRAY(SELECT e.name FROM environments e WHERE e.org = p.org AND e.project = p.id ORDER BY e.name) AS environments,
    (SELECT count(*)::int FROM runs r WHERE r.org = p.org AND r.project = p.id AND r.finished_at IS NULL) AS "liveRuns"
  FROM projects p WHERE p.org = $1 AND p.deleted_at IS NULL`;

export async function listProjects(db: Queryable, org: string): Promise<ProjectRow[]> {
  return (await db.query<ProjectRow>(`${select} ORDER BY p.name`, [org])).rows;
}

export async function findProjectRow(db: Queryable, org: string, id: string): Promise<ProjectRow | null> {
  return (await db.query<ProjectRow>(`${select} AND p.id = $2`, [org, id])).rows[0] ?? null;
}

/** @returns false when the organization has one of that name. The same id again changes nothing. */
export async function insertProject(db: Queryable, one: { org: string; id: string; name: string }): Promise<boolean> {
  await db.query("INSERT INTO projects (id, org, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [
    one.id,
    one.org,
    one.name,
  ]);
  return (await findProjectRow(db, one.org, one.id)) !== null;
}

/** @returns false when another one is called so. */
export async function renameProject(
  db: Queryable,
  { org, id, name }: { org: string; id: string; name: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE projects SET name = $3 WHERE org = $1 AND id = $2 AND NOT EXISTS (
       SELECT FROM projects o WHERE o.org = $1 AND o.name = $3 AND o.id <> $2 AND o.deleted_at IS NULL)`,
    [org, id, name],
  );
  return (rowCount ?? 0) > 0;
}

/** What keeps a project, or one of its environments, from being removed. */
export async function usesOfPlace(
  db: Queryable,
  { org, project, environment }: { org: string; project: string; environment: string | null },
): Promise<{ runs: number; states: number }> {
  const { rows } = await db.query<{ runs: number; states: number }>(
    `SELECT (SELECT count(*)::int FROM runs WHERE org = $1 AND project = $2 AND finished_at IS NULL
         AND ($3::text IS NULL OR environment = $3)) AS runs,
       (SELECT count(*)::int FROM terraform_states s JOIN terraform_state_versions v
           ON v.org = s.org AND v.state = s.id AND v.version = s.version AND v.sealed IS NOT NULL
         WHERE s.org = $1 AND s.project = $2 AND ($3::text IS NULL OR s.environment = $3)) AS states`,
    [org, project, environment],
  );
  return rows[0] ?? { runs: 0, states: 0 };
}

/** Removes what belongs to it. Who comes second to a run that is being created finds it, by an error of the database. */
export async function removePlace(db: Queryable, project: string, environment: string | null): Promise<void> {
  await db.query("SELECT remove_place($1, $2)", [project, environment]);
}
