import type { Queryable } from "../queryable.ts";

export interface VariablePlace {
  org: string;
  /** Null: the organization's own. */
  project: string | null;
  /** Null: for every environment of the project. */
  environment: string | null;
}

export interface VariableRow {
  name: string;
  /** Of its project, by name. */
  project: string | null;
  environment: string | null;
  value: string;
  actor: string;
  updatedAt: Date;
}

const columns = `v.name, p.name AS project, v.environment, v.value, v.actor, v.updated_at AS "updatedAt"`;
const from = "variables v LEFT JOIN projects p ON p.id = v.project";
const visible = `v.org = $1 AND (v.project IS NULL OR (v.project = $2 AND (v.environment IS NULL OR v.environment = $3)))`;

/** Of each name what a plan there gets: the environment's, else the project's, else the organization's. */
export async function nearestVariables(
  db: Queryable,
  { org, project, environment }: VariablePlace,
  name?: string,
): Promise<VariableRow[]> {
  const { rows } = await db.query<VariableRow>(
    `SELECT DISTINCT ON (v.name) ${columns} FROM ${from} WHERE ${visible} AND ($4::text IS NULL OR v.name = $4)
      ORDER BY v.name, v.environment IS NULL, v.project IS NULL`,
    [org, project, environment, name ?? null],
  );
  return rows;
}

/** The same as values by name, for the making of a plan. */
export async function variablesAt(
  db: Queryable,
  at: { org: string; project: string | null; environment: string },
): Promise<Record<string, string>> {
  const { rows } = await db.query<{ name: string; value: string }>({
    name: "variables-at",
    text: `SELECT DISTINCT ON (v.name) v.name, v.value FROM variables v WHERE ${visible}
      ORDER BY v.name, v.environment IS NULL, v.project IS NULL`,
    values: [at.org, at.project, at.environment],
  });
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

export async function listVariables(db: Queryable, org: string): Promise<VariableRow[]> {
  const { rows } = await db.query<VariableRow>(
    `SELECT ${columns} FROM ${from} WHERE v.org = $1 ORDER BY v.name, p.name NULLS FIRST, v.environment NULLS FIRST`,
    [org],
  );
  return rows;
}

/** Sets it, or replaces what is there under that name at that place. */
export async function putVariable(
  db: Queryable,
  one: VariablePlace & { id: string; name: string; value: string; actor: string },
): Promise<void> {
  await db.query(
    `INSERT INTO variables (org, id, project, environment, name, value, actor) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (org, name, project, environment)
     DO UPDATE SET value = excluded.value, actor = excluded.actor, updated_at = now()`,
    [one.org, one.id, one.project, one.environment, one.name, one.value, one.actor],
  );
}

/** @returns false when there is none at that place. */
export async function deleteVariable(
  db: Queryable,
  { org, project, environment, name }: VariablePlace & { name: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `DELETE FROM variables WHERE org = $1 AND name = $2
       AND project IS NOT DISTINCT FROM $3 AND environment IS NOT DISTINCT FROM $4`,
    [org, name, project, environment],
  );
  return (rowCount ?? 0) > 0;
}
