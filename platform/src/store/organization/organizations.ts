import type { Actor, Json } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

export interface OrganizationRow {
  id: string;
  name: string;
  state: "active" | "deleting";
  createdAt: Date;
}

export interface NewOrganization {
  id: string;
  name: string;
  project: string;
  binding: string;
  owner: { id: string; name: string; person: string | null };
  key: { id: string; prefix: string; hash: Buffer; scopes: readonly string[] };
}

/** With its project, environments, and an owner with a key. @returns false when the name is taken. */
export async function createOrganization(db: Queryable, one: NewOrganization): Promise<boolean> {
  const { owner, key } = one;
  const { rows } = await db.query<{ created: boolean }>(
    "SELECT create_organization($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS created",
    [
      one.id,
      one.name,
      one.project,
      one.binding,
      owner.id,
      owner.name,
      owner.person,
      key.id,
      key.prefix,
      key.hash,
      key.scopes,
    ],
  );
  return rows[0]?.created === true;
}

/** Of one that this transaction made. */
export async function setFirstQuotas(
  db: Queryable,
  { org, quotas, actor }: { org: string; quotas: Readonly<Record<string, number>>; actor: string },
): Promise<void> {
  await db.query("SELECT set_first_quotas($1, $2, $3)", [org, JSON.stringify(quotas), actor]);
}

/** The transaction's own, the person's others, or all of them. */
export async function listOrganizations(
  db: Queryable,
  { person, everywhere }: { person: string | null; everywhere: boolean },
): Promise<OrganizationRow[]> {
  const { rows } = await db.query<OrganizationRow>(
    `SELECT org AS id, name, state, created_at AS "createdAt" FROM list_organizations($1, $2)`,
    [person, everywhere],
  );
  return rows;
}

/** @returns false when another one is called so. */
export async function renameOrganization(db: Queryable, org: string, name: string): Promise<boolean> {
  const { rows } = await db.query<{ renamed: boolean }>("SELECT rename_organization($1, $2) AS renamed", [org, name]);
  return rows[0]?.renamed === true;
}

export async function countsOfOrganization(
  db: Queryable,
  org: string,
): Promise<{ projects: number; actors: number; liveRuns: number }> {
  const { rows } = await db.query<{ projects: number; actors: number; liveRuns: number }>(
    `SELECT (SELECT count(*)::int FROM projects WHERE org = $1 AND deleted_at IS NULL) AS projects,
       (SELECT count(*)::int FROM actors WHERE org = $1 AND disabled_at IS NULL) AS actors,
       (SELECT count(*)::int FROM runs WHERE org = $1 AND finished_at IS NULL) AS "liveRuns"`,
    [org],
  );
  return rows[0] ?? { projects: 0, actors: 0, liveRuns: 0 };
}

/** From here on nobody of it can do anything. @returns false when it is being deleted already. */
export async function beginErasure(
  db: Queryable,
  { org, tokenHash, actor }: { org: string; tokenHash: Buffer; actor: Actor },
): Promise<boolean> {
  const { rows } = await db.query<{ begun: boolean }>("SELECT begin_erasure($1, $2, $3) AS begun", [
    org,
    tokenHash,
    JSON.stringify(actor),
  ]);
  return rows[0]?.begun === true;
}

export interface ErasureRow {
  organization: string;
  name: string;
  actor: { kind: string; id: string; name: string };
  startedAt: Date;
  erasedAt: Date | null;
  counts: Record<string, number>;
  blobs: number;
  receipt: string | null;
  signature: string | null;
}

/** By the token that its deletion gave, or all of them. */
export async function findErasures(
  db: Queryable,
  by: { tokenHash: Buffer } | "everywhere",
): Promise<(ErasureRow & { actor: Json })[]> {
  const { rows } = await db.query<ErasureRow & { actor: Json }>(
    `SELECT organization, name, actor, started_at AS "startedAt", erased_at AS "erasedAt", counts, blobs::float8 AS blobs, receipt, signature
       FROM find_receipts($1, $2)`,
    [by === "everywhere" ? null : by.tokenHash, by === "everywhere"],
  );
  return rows;
}
