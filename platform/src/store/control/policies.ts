import type { Actor } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

export interface PolicyPlace {
  org: string;
  /** Null: of the organization. */
  project: string | null;
  environment: string | null;
}

export interface PolicyRow {
  name: string;
  /** Of its project, by name. */
  project: string | null;
  environment: string | null;
  version: number;
  /** Null: removed with this version. */
  text: string | null;
  reason: string | null;
  restoredFrom: number | null;
  actor: { name: string };
  createdAt: Date;
  current: boolean;
}

const columns = `p.name, j.name AS project, p.environment, v.version, v.text, v.reason, v.restored_from AS "restoredFrom",
  v.actor, v.created_at AS "createdAt", v.version = p.version AS current`;
const from = "policies p JOIN policy_versions v ON v.policy = p.id LEFT JOIN projects j ON j.id = p.project";
const inForce = "v.version = p.version AND v.text IS NOT NULL";

export async function listPolicies(db: Queryable, org: string): Promise<PolicyRow[]> {
  const { rows } = await db.query<PolicyRow>(
    `SELECT ${columns} FROM ${from} WHERE p.org = $1 AND ${inForce}
      ORDER BY p.name, j.name NULLS FIRST, p.environment NULLS FIRST`,
    [org],
  );
  return rows;
}

/** Those in force at a place: its own, and those of what is above it. */
export async function policiesAt(db: Queryable, { org, project, environment }: PolicyPlace): Promise<PolicyRow[]> {
  const { rows } = await db.query<PolicyRow>(
    `SELECT ${columns} FROM ${from} WHERE p.org = $1 AND ${inForce} AND (p.project IS NULL OR p.project = $2)
      AND (p.environment IS NULL OR p.environment = $3) ORDER BY p.name, j.name NULLS FIRST, p.environment NULLS FIRST`,
    [org, project, environment],
  );
  return rows;
}

/** Newest first; none when there never was one of that name at that place. */
export async function policyVersions(db: Queryable, at: PolicyPlace & { name: string }): Promise<PolicyRow[]> {
  const { rows } = await db.query<PolicyRow>(
    `SELECT ${columns} FROM ${from} WHERE p.org = $1 AND p.name = $2 AND p.project IS NOT DISTINCT FROM $3
      AND p.environment IS NOT DISTINCT FROM $4 ORDER BY v.version DESC`,
    [at.org, at.name, at.project, at.environment],
  );
  return rows;
}

export async function countPolicies(db: Queryable, org: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>("SELECT count(*)::int AS n FROM policies WHERE org = $1", [org]);
  return rows[0]?.n ?? 0;
}

export interface NewVersion extends PolicyPlace {
  /** For the policy, where there is none of that name yet. */
  id: string;
  name: string;
  /** Null: removes it. */
  text: string | null;
  reason: string | null;
  restoredFrom: number | null;
  actor: Actor;
}

/** Takes the policy's row, so that of two changes at once one comes second. Null: there never was one. */
export async function takePolicy(
  db: Queryable,
  { org, name, project, environment }: PolicyPlace & { name: string },
): Promise<{ version: number; text: string | null } | null> {
  const place = [org, name, project, environment];
  const where = "org = $1 AND name = $2 AND project IS NOT DISTINCT FROM $3 AND environment IS NOT DISTINCT FROM $4";
  const { rowCount } = await db.query(`SELECT FROM policies WHERE ${where} FOR UPDATE`, place);
  if (rowCount === 0) return null;
  const { rows } = await db.query<{ version: number; text: string | null }>(
    `SELECT p.version, v.text FROM (SELECT * FROM policies WHERE ${where}) p
       JOIN policy_versions v ON v.policy = p.id AND v.version = p.version`,
    place,
  );
  return rows[0] ?? null;
}

/** The version after `follows`, 0 for the first. @returns false when somebody else made it meanwhile. */
export async function addPolicyVersion(db: Queryable, one: NewVersion & { follows: number }): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH head AS (INSERT INTO policies AS p (id, org, name, project, environment, version) VALUES ($1, $2, $3, $4, $5, 1)
       ON CONFLICT (org, project, environment, name) DO UPDATE SET version = p.version + 1
         WHERE p.version = $10 RETURNING id, version)
     INSERT INTO policy_versions (org, policy, version, text, reason, restored_from, actor)
     SELECT $2, id, version, $6, $7, $8, $9 FROM head`,
    [
      one.id,
      one.org,
      one.name,
      one.project,
      one.environment,
      one.text,
      one.reason,
      one.restoredFrom,
      one.actor,
      one.follows,
    ],
  );
  return (rowCount ?? 0) > 0;
}
