import type { Connection } from "@gantry/sdk";
import type { ConnectionPlace } from "../organization/connections.ts";
import type { Queryable } from "../queryable.ts";

export interface ModelConnectionRow extends Connection {
  id: string;
  updatedAt: Date;
}

/** Those of kind `model` that a run there sees: of each name the nearest. */
export async function modelConnections(
  db: Queryable,
  { org, project, environment }: ConnectionPlace,
): Promise<ModelConnectionRow[]> {
  const { rows } = await db.query<ModelConnectionRow>({
    name: "model-connections",
    text: `SELECT * FROM (SELECT DISTINCT ON (name) id, name, kind, settings, secrets, updated_at AS "updatedAt" FROM connections
       WHERE org = $1 AND (project IS NULL OR (project = $2 AND (environment IS NULL OR environment = $3)))
       ORDER BY name, environment IS NULL, project IS NULL) c WHERE kind = 'model' ORDER BY name`,
    values: [org, project, environment],
  });
  return rows;
}

export interface ModelPolicyRow {
  providers: string[] | null;
  regions: string[] | null;
  prefer: "quality" | "cost" | "latency";
  cacheSeconds: number;
  store: "off" | "redacted" | "full";
  actor: string;
  updatedAt: Date;
}

export async function readModelPolicy(db: Queryable, org: string): Promise<ModelPolicyRow | null> {
  const { rows } = await db.query<ModelPolicyRow>({
    name: "model-policy",
    text: `SELECT providers, regions, prefer, cache_seconds AS "cacheSeconds", store, actor, updated_at AS "updatedAt"
      FROM model_policies WHERE org = $1`,
    values: [org],
  });
  return rows[0] ?? null;
}

export async function putModelPolicy(
  db: Queryable,
  { org, providers, regions, prefer, cacheSeconds, store, actor }: Omit<ModelPolicyRow, "updatedAt"> & { org: string },
): Promise<void> {
  await db.query(
    `INSERT INTO model_policies (org, providers, regions, prefer, cache_seconds, store, actor) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (org) DO UPDATE SET providers = excluded.providers, regions = excluded.regions, prefer = excluded.prefer,
       cache_seconds = excluded.cache_seconds, store = excluded.store, actor = excluded.actor, updated_at = now()`,
    [org, providers, regions, prefer, cacheSeconds, store, actor],
  );
}

/** A call to a model whose end is known. */
export interface ModelCallRow {
  org: string;
  id: string;
  at: Date;
  project: string | null;
  environment: string | null;
  agent: string | null;
  run: string | null;
  step: string | null;
  task: string;
  connection: string;
  provider: string;
  model: string;
  state: "answered" | "failed";
  input: number;
  cachedInput: number;
  output: number;
  micros: number;
  priceKnown: boolean;
  firstTokenMs: number | null;
  totalMs: number;
  error: string | null;
}

/**
 * Writes them; one that is there already, with what budgets set aside for it, gets its end. It doesn't wait for the disk: whatever is made of
 * their answers is committed later, and nothing that is committed later outlives a crash without what was before.
 */
export async function writeModelCalls(db: Queryable, calls: readonly ModelCallRow[]): Promise<void> {
  await db.query({
    name: "write-model-calls",
    text: `INSERT INTO model_calls (org, id, at, project, environment, agent, run_id, step, task, connection, provider, model, state,
        input, cached_input, output, micros, price_known, first_token_ms, total_ms, error)
      SELECT org, id, at, project, environment, agent, run, step, task, connection, provider, model, state,
        input, "cachedInput", output, micros, "priceKnown", "firstTokenMs", "totalMs", error
      FROM json_to_recordset($1) AS c (org uuid, id uuid, at timestamptz, project uuid, environment text, agent text, run uuid, step text,
        task text, connection text, provider text, model text, state text, input bigint, "cachedInput" bigint, output bigint, micros bigint,
        "priceKnown" boolean, "firstTokenMs" int, "totalMs" int, error text), set_config('synchronous_commit', 'off', true)
      ON CONFLICT (org, id) DO UPDATE SET state = excluded.state, input = excluded.input, cached_input = excluded.cached_input,
        output = excluded.output, micros = excluded.micros, price_known = excluded.price_known, first_token_ms = excluded.first_token_ms,
        total_ms = excluded.total_ms, error = excluded.error, claims = '[]', expires_at = NULL`,
    values: [JSON.stringify(calls)],
  });
}

export interface CostRow {
  key: string | null;
  calls: number;
  failed: number;
  input: number;
  cachedInput: number;
  output: number;
  micros: number;
  priceKnown: boolean;
  firstTokenMs: number | null;
}

const groupings = {
  model: "provider || '/' || model",
  connection: "connection",
  agent: "agent",
  project: "(SELECT p.name FROM projects p WHERE p.id = c.project)",
  run: "run_id::text",
  step: "run_id::text || ' ' || step",
  day: "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
} as const;

/** What calls cost since then, the dearest first; days in their order. */
export async function sumModelCosts(
  db: Queryable,
  {
    org,
    by,
    since,
    until,
    run,
    project = null,
    environment = null,
  }: {
    org: string;
    by: keyof typeof groupings;
    since: Date;
    until: Date;
    run: string | null;
    project?: string | null;
    environment?: string | null;
  },
): Promise<CostRow[]> {
  const { rows } = await db.query<CostRow>(
    `SELECT ${groupings[by]} AS key, count(*)::int AS calls, count(*) FILTER (WHERE state IN ('failed', 'lost'))::int AS failed,
       sum(input)::float8 AS input, sum(cached_input)::float8 AS "cachedInput", sum(output)::float8 AS output,
       sum(micros)::float8 AS micros, bool_and(price_known) AS "priceKnown", round(avg(first_token_ms))::int AS "firstTokenMs"
     FROM model_calls c WHERE org = $1 AND at >= $2 AND at < $3 AND ($4::uuid IS NULL OR run_id = $4)
       AND ($5::uuid IS NULL OR project = $5) AND ($6::text IS NULL OR environment = $6) AND state <> 'open'
     GROUP BY 1 ORDER BY ${by === "day" ? "1" : "sum(micros) DESC, 1"} LIMIT 1000`,
    [org, since, until, run, project, environment],
  );
  return rows;
}
