import type { Connection } from "@gantry/sdk";
import type { Queryable } from "../organization.ts";

export interface ConnectionPlace {
  org: string;
  /** Null: the organization's own. */
  project: string | null;
  /** Null: for every environment of the project. */
  environment: string | null;
}

export interface ConnectionRow extends Connection {
  id: string;
  /** Of its project, by name. */
  project: string | null;
  environment: string | null;
  actor: string;
  createdAt: Date;
  updatedAt: Date;
}

const columns = `c.id, c.name, p.name AS project, c.environment, c.kind, c.settings, c.secrets, c.actor,
  c.created_at AS "createdAt", c.updated_at AS "updatedAt"`;
const from = "connections c LEFT JOIN projects p ON p.id = c.project";

/** The environment's connection of that name, else the project's, else the organization's. */
export async function nearestConnection(
  db: Queryable,
  { org, project, environment, name }: ConnectionPlace & { name: string },
): Promise<ConnectionRow | null> {
  const { rows } = await db.query<ConnectionRow>(
    `SELECT ${columns} FROM ${from}
     WHERE c.org = $1 AND c.name = $4
       AND (c.project IS NULL OR (c.project = $2 AND (c.environment IS NULL OR c.environment = $3)))
     ORDER BY c.environment IS NULL, c.project IS NULL LIMIT 1`,
    [org, project, environment, name],
  );
  return rows[0] ?? null;
}

export async function listConnections(db: Queryable, org: string): Promise<ConnectionRow[]> {
  const { rows } = await db.query<ConnectionRow>(
    `SELECT ${columns} FROM ${from} WHERE c.org = $1 ORDER BY c.name, p.name NULLS FIRST, c.environment NULLS FIRST`,
    [org],
  );
  return rows;
}

export async function findConnection(
  db: Queryable,
  { org, project, environment, name }: ConnectionPlace & { name: string },
): Promise<ConnectionRow | null> {
  const { rows } = await db.query<ConnectionRow>(
    `SELECT ${columns} FROM ${from} WHERE c.org = $1 AND c.name = $2
       AND c.project IS NOT DISTINCT FROM $3 AND c.environment IS NOT DISTINCT FROM $4`,
    [org, name, project, environment],
  );
  return rows[0] ?? null;
}

/** Adds it, or replaces what is there under that name at that place. */
export async function putConnection(
  db: Queryable,
  {
    id,
    org,
    project,
    environment,
    name,
    kind,
    settings,
    secrets,
    actor,
  }: ConnectionPlace & Connection & { id: string; actor: string },
): Promise<void> {
  await db.query(
    `INSERT INTO connections (org, id, project, environment, name, kind, settings, secrets, actor)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (org, name, project, environment)
     DO UPDATE SET kind = excluded.kind, settings = excluded.settings, secrets = excluded.secrets,
       actor = excluded.actor, updated_at = now()`,
    [org, id, project, environment, name, kind, JSON.stringify(settings), JSON.stringify(secrets), actor],
  );
}

/** @returns false when there is none at that place. */
export async function deleteConnection(
  db: Queryable,
  { org, project, environment, name }: ConnectionPlace & { name: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `DELETE FROM connections WHERE org = $1 AND name = $2
       AND project IS NOT DISTINCT FROM $3 AND environment IS NOT DISTINCT FROM $4`,
    [org, name, project, environment],
  );
  return (rowCount ?? 0) > 0;
}
