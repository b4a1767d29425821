import type { Deprecation, Digest, JsonObject } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

/** What lists show of a published runbook; it is as immutable as its source. */
export interface RunbookSummary {
  title: string;
  description: string | null;
  intents: string[];
  examples: string[];
  /** JSON Schema. */
  parameters: JsonObject;
}

export interface RunbookVersionRow {
  name: string;
  version: string;
  digest: Digest;
  summary: RunbookSummary;
  actorName: string;
  publishedAt: Date;
  deprecated: Deprecation | null;
}

const columns = `name, version, digest, summary, actor_name AS "actorName", published_at AS "publishedAt", deprecated`;

/** Of one runbook, or of all; in no order that means anything. */
export async function listRunbookVersions(
  db: Queryable,
  org: string,
  name: string | null = null,
): Promise<RunbookVersionRow[]> {
  const { rows } = await db.query<RunbookVersionRow>({
    name: "list-runbook-versions",
    text: `SELECT ${columns} FROM runbook_versions WHERE org = $1 AND ($2::text IS NULL OR name = $2)`,
    values: [org, name],
  });
  return rows;
}

export interface RunbookSourceRow {
  source: string;
  digest: Digest;
  deprecated: Deprecation | null;
}

export async function findRunbookSource(
  db: Queryable,
  org: string,
  { name, version }: { name: string; version: string },
): Promise<RunbookSourceRow | null> {
  const { rows } = await db.query<RunbookSourceRow>({
    name: "find-runbook-source",
    text: "SELECT source, digest, deprecated FROM runbook_versions WHERE org = $1 AND name = $2 AND version = $3",
    values: [org, name, version],
  });
  return rows[0] ?? null;
}

export interface NewRunbookVersion {
  org: string;
  name: string;
  version: string;
  digest: Digest;
  source: string;
  summary: RunbookSummary;
  actor: { id: string; name: string };
}

/** @returns false when the version is there already. */
export async function insertRunbookVersion(db: Queryable, one: NewRunbookVersion): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO runbook_versions (org, name, version, digest, source, summary, actor, actor_name)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
    [one.org, one.name, one.version, one.digest, one.source, JSON.stringify(one.summary), one.actor.id, one.actor.name],
  );
  return (rowCount ?? 0) > 0;
}

export async function countRunbookVersions(db: Queryable, org: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM runbook_versions WHERE org = $1",
    [org],
  );
  return rows[0]?.count ?? 0;
}

/** @returns false when there is no such version. */
export async function setRunbookDeprecation(
  db: Queryable,
  org: string,
  { name, version, deprecated }: { name: string; version: string; deprecated: Deprecation | null },
): Promise<boolean> {
  const { rowCount } = await db.query(
    "UPDATE runbook_versions SET deprecated = $4 WHERE org = $1 AND name = $2 AND version = $3",
    [org, name, version, deprecated === null ? null : JSON.stringify(deprecated)],
  );
  return (rowCount ?? 0) > 0;
}
