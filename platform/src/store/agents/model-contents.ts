import type { Queryable } from "../queryable.ts";

/** What was asked in a call and what came of it, sealed. */
export interface ModelContentRow {
  org: string;
  id: string;
  at: Date;
  project: string | null;
  environment: string | null;
  run: string | null;
  store: "redacted" | "full";
  sealed: Buffer;
}

export async function insertModelContent(db: Queryable, row: ModelContentRow): Promise<void> {
  await db.query({
    name: "insert-model-content",
    text: `INSERT INTO model_contents (org, id, at, project, environment, run_id, store, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [row.org, row.id, row.at, row.project, row.environment, row.run, row.store, row.sealed],
  });
}

export async function findModelContent(
  db: Queryable,
  org: string,
  id: string,
): Promise<Pick<ModelContentRow, "store" | "sealed"> | null> {
  const { rows } = await db.query<Pick<ModelContentRow, "store" | "sealed">>(
    "SELECT store, sealed FROM model_contents WHERE org = $1 AND id = $2",
    [org, id],
  );
  return rows[0] ?? null;
}

/** Names of the organization's people, as everybody sees them. */
export async function namesOfPeople(db: Queryable, org: string): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>({
    name: "names-of-people",
    text: "SELECT name FROM actors WHERE org = $1 AND kind = 'user'",
    values: [org],
  });
  return rows.map(({ name }) => name);
}

export interface CallRow {
  id: string;
  at: Date;
  agent: string | null;
  run: string | null;
  step: string | null;
  task: string;
  connection: string;
  provider: string;
  model: string;
  state: "open" | "answered" | "failed" | "lost";
  input: number;
  cachedInput: number;
  output: number;
  micros: number;
  priceKnown: boolean;
  firstTokenMs: number | null;
  totalMs: number | null;
  error: string | null;
  stored: "redacted" | "full" | null;
}

const columns = `c.id, c.at, c.agent, c.run_id AS run, c.step, c.task, c.connection, c.provider, c.model, c.state, c.input::float8 AS input,
  c.cached_input::float8 AS "cachedInput", c.output::float8 AS output, c.micros::float8 AS micros, c.price_known AS "priceKnown",
  c.first_token_ms AS "firstTokenMs", c.total_ms AS "totalMs", c.error, k.store AS stored`;

/** The newest first. */
export async function listModelCalls(
  db: Queryable,
  { org, run, until, limit }: { org: string; run: string | null; until: Date | null; limit: number },
): Promise<CallRow[]> {
  const { rows } = await db.query<CallRow>(
    `SELECT ${columns} FROM model_calls c LEFT JOIN model_contents k ON k.org = c.org AND k.id = c.id
     WHERE c.org = $1 AND ($2::uuid IS NULL OR c.run_id = $2) AND ($3::timestamptz IS NULL OR c.at < $3) ORDER BY c.at DESC, c.id DESC LIMIT $4`,
    [org, run, until, limit],
  );
  return rows;
}

export async function findModelCall(db: Queryable, org: string, id: string): Promise<CallRow | null> {
  const { rows } = await db.query<CallRow>(
    `SELECT ${columns} FROM model_calls c LEFT JOIN model_contents k ON k.org = c.org AND k.id = c.id WHERE c.org = $1 AND c.id = $2`,
    [org, id],
  );
  return rows[0] ?? null;
}
