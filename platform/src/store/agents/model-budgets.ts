import type { Budget } from "../../domain/limits/budget.ts";
import type { ModelCallRow } from "./models.ts";
import type { Queryable } from "../queryable.ts";

export interface ModelBudgetRow {
  id: string;
  measure: Budget["measure"];
  project: string | null;
  agent: string | null;
  run: string | null;
  eachRun: boolean;
}

/** Budgets of calls to models of an organization. */
export async function listModelBudgets(db: Queryable, org: string): Promise<ModelBudgetRow[]> {
  const { rows } = await db.query<ModelBudgetRow>({
    name: "model-budgets",
    text: `SELECT id, measure, project, agent, run, each_run AS "eachRun" FROM budgets WHERE org = $1 AND covers = 'models' ORDER BY id`,
    values: [org],
  });
  return rows;
}

export interface ModelClaim {
  id: string;
  subject: string;
  amount: number;
}

/** A call that budgets set something aside for. */
export type OpenCall = Pick<
  ModelCallRow,
  | "org"
  | "id"
  | "at"
  | "project"
  | "environment"
  | "agent"
  | "run"
  | "step"
  | "task"
  | "connection"
  | "provider"
  | "model"
> & { claims: readonly ModelClaim[]; expiresAt: Date };

/** Written before the calls are made, in the transaction that sets aside. */
export async function insertOpenCalls(db: Queryable, calls: readonly OpenCall[]): Promise<void> {
  await db.query({
    name: "insert-open-calls",
    text: `INSERT INTO model_calls (org, id, at, project, environment, agent, run_id, step, task, connection, provider, model, state, claims, expires_at)
      SELECT org, id, at, project, environment, agent, run, step, task, connection, provider, model, 'open', claims, "expiresAt"
      FROM json_to_recordset($1) AS c (org uuid, id uuid, at timestamptz, project uuid, environment text, agent text, run uuid, step text,
        task text, connection text, provider text, model text, claims json, "expiresAt" timestamptz)`,
    values: [JSON.stringify(calls)],
  });
}

/** Of these, what was set aside for those that are still open, and null for those taken for dead; they stay locked until the transaction ends. */
export async function lockOpenCalls(
  db: Queryable,
  org: string,
  ids: readonly string[],
): Promise<Map<string, ModelClaim[] | null>> {
  const { rows } = await db.query<{ id: string; state: string; claims: ModelClaim[] }>({
    name: "lock-open-calls",
    text: "SELECT id, state, claims FROM model_calls WHERE org = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE",
    values: [org, ids],
  });
  return new Map(rows.map(({ id, state, claims }) => [id, state === "open" ? claims : null]));
}

/** Calls of whoever died before their end was known: what was set aside counts as used. @returns their claims */
export async function takeLostCalls(db: Queryable, org: string, now: Date): Promise<ModelClaim[][]> {
  const { rows } = await db.query<{ claims: ModelClaim[] }>(
    `UPDATE model_calls m SET state = 'lost', expires_at = NULL, error = 'caller_lost' FROM (
       SELECT id FROM model_calls WHERE org = $1 AND state = 'open' AND expires_at < $2 ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED) l
     WHERE m.org = $1 AND m.id = l.id RETURNING m.claims`,
    [org, now],
  );
  return rows.map(({ claims }) => claims);
}
