import type { Actor } from "@gantry/sdk";
import type { MemoryKind } from "@gantry/sdk/api";
import { createHash } from "node:crypto";
import type { Queryable } from "../queryable.ts";

export interface MemoryPlace {
  org: string;
  project: string;
  /** Null: the whole project. */
  environment: string | null;
}

export interface MemoryRow {
  id: string;
  project: string;
  environment: string | null;
  kind: MemoryKind;
  text: string;
  agent: string | null;
  run: string | null;
  step: string | null;
  source: string | null;
  tainted: string[];
  actor: Actor;
  pinnedBy: Actor | null;
  pinnedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewMemory extends MemoryPlace {
  id: string;
  kind: MemoryKind;
  text: string;
  /** Null: a person's own, who vouches for it. */
  by: { agent: string; run: string; step: string; source: string | null; tainted: readonly string[] } | null;
  actor: Actor;
}

/** Of agents, in one project. Past that their oldest goes, and none that a person noted or pinned. */
const most = 500;

const columns = `m.id, p.name AS project, m.environment, m.kind, m.text, m.agent, m.run_id AS run, m.step, m.source, m.tainted, m.actor,
  m.pinned_by AS "pinnedBy", m.pinned_at AS "pinnedAt", m.created_at AS "createdAt", m.updated_at AS "updatedAt"`;
const from = "memories m JOIN projects p ON p.org = m.org AND p.id = m.project";
const order = "m.pinned_at IS NULL, m.updated_at DESC, m.id DESC";
/** What nobody vouches for is left for agents to look up. */
export const isVouched = ({ tainted, pinnedAt }: Pick<MemoryRow, "tainted" | "pinnedAt">): boolean =>
  tainted.length === 0 || pinnedAt !== null;

/**
 * Notes it, or that it was noted again. What a person notes again is theirs from then on; what an agent does changes neither who
 * vouches for it nor what it is from.
 * @returns its id
 */
export async function noteMemory(db: Queryable, one: NewMemory): Promise<string> {
  const { org, id, project, environment, kind, text, by, actor } = one;
  const digest = createHash("sha256").update(text).digest();
  const { rows } = await db.query<{ id: string }>(
    `INSERT INTO memories AS m (org, id, project, environment, kind, text, digest, agent, run_id, step, source, tainted, actor)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT (org, project, environment, digest) DO UPDATE SET updated_at = now(), kind = CASE WHEN $8::text IS NULL THEN $5 ELSE m.kind END,
       agent = CASE WHEN $8::text IS NULL THEN NULL ELSE m.agent END,
       tainted = CASE WHEN $8::text IS NULL THEN '{}' ELSE m.tainted END, actor = CASE WHEN $8::text IS NULL THEN $13::json ELSE m.actor END
     RETURNING id`,
    [
      org,
      id,
      project,
      environment,
      kind,
      text,
      digest,
      by?.agent ?? null,
      by?.run ?? null,
      by?.step ?? null,
      by?.source ?? null,
      by?.tainted ?? [],
      JSON.stringify(actor),
    ],
  );
  await db.query(
    `DELETE FROM memories WHERE org = $1 AND id IN (SELECT id FROM memories
       WHERE org = $1 AND project = $2 AND agent IS NOT NULL AND pinned_at IS NULL ORDER BY updated_at DESC, id DESC OFFSET $3)`,
    [org, project, most],
  );
  return rows[0]?.id ?? id;
}

export async function findMemory(db: Queryable, org: string, id: string): Promise<MemoryRow | null> {
  const { rows } = await db.query<MemoryRow>(`SELECT ${columns} FROM ${from} WHERE m.org = $1 AND m.id = $2`, [
    org,
    id,
  ]);
  return rows[0] ?? null;
}

/** `at` without an environment: everything of the project; without a project: of the organization. */
export async function listMemories(
  db: Queryable,
  at: { org: string; project: string | null; environment: string | null },
  search: string | null,
): Promise<MemoryRow[]> {
  const { rows } = await db.query<MemoryRow>(
    `SELECT ${columns} FROM ${from} WHERE m.org = $1 AND ($2::uuid IS NULL OR m.project = $2)
       AND ($3::text IS NULL OR m.environment IS NULL OR m.environment = $3)
       AND ($4::text IS NULL OR strpos(lower(m.text), lower($4)) > 0) ORDER BY ${order} LIMIT 1000`,
    [at.org, at.project, at.environment, search],
  );
  return rows;
}

/** What prompts there state, what people pinned first. */
export async function vouchedMemories(db: Queryable, at: MemoryPlace, limit: number): Promise<MemoryRow[]> {
  const { rows } = await db.query<MemoryRow>({
    name: "vouched-memories",
    text: `SELECT ${columns} FROM ${from} WHERE m.org = $1 AND m.project = $2 AND (m.environment IS NULL OR m.environment = $3)
       AND (m.tainted = '{}' OR m.pinned_at IS NOT NULL) ORDER BY ${order} LIMIT $4`,
    values: [at.org, at.project, at.environment, limit],
  });
  return rows;
}

/** Those that have most of the words, whoever vouches for them. */
export async function recallMemories(
  db: Queryable,
  at: MemoryPlace,
  { words, limit }: { words: readonly string[]; limit: number },
): Promise<MemoryRow[]> {
  const { rows } = await db.query<MemoryRow>({
    name: "recall-memories",
    text: `SELECT ${columns} FROM ${from}
       CROSS JOIN LATERAL (SELECT count(*) AS n FROM unnest($4::text[]) w WHERE strpos(lower(m.text), lower(w)) > 0) hits
       WHERE m.org = $1 AND m.project = $2 AND (m.environment IS NULL OR m.environment = $3) AND hits.n > 0
       ORDER BY hits.n DESC, ${order} LIMIT $5`,
    values: [at.org, at.project, at.environment, words, limit],
  });
  return rows;
}

/** @returns false when there is none. */
export async function pinMemory(db: Queryable, org: string, id: string, by: Actor | null): Promise<boolean> {
  const { rowCount } = await db.query(
    "UPDATE memories SET pinned_by = $3, pinned_at = CASE WHEN $3::json IS NULL THEN NULL ELSE now() END WHERE org = $1 AND id = $2",
    [org, id, by === null ? null : JSON.stringify(by)],
  );
  return (rowCount ?? 0) > 0;
}

/** @returns false when there is none. */
export async function deleteMemory(db: Queryable, org: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query("DELETE FROM memories WHERE org = $1 AND id = $2", [org, id]);
  return (rowCount ?? 0) > 0;
}
