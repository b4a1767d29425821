import type { Budget } from "../domain/limits/budget.ts";
import type { ModelCallRow } from "./models.ts";
import type { Queryable } from "./queryable.ts";

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

/** Written before the call is made, in the transaction that sets aside. */
export async function insertOpenCall(
  db: Queryable,
  call: Pick<
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
  >,
  { claims, expiresAt }: { claims: readonly ModelClaim[]; expiresAt: Date },
): Promise<void> {
  const { org, id, at, project, environment, agent, run, step, task, connection, provider, model } = call;
  await db.query({
    name: "insert-open-call",
    text: `INSERT INTO model_calls (org, id, at, project, environment, agent, run_id, step, task, connection, provider, model, state, claims, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', $13, $14)`,
    values: [
      org,
      id,
      at,
      project,
      environment,
      agent,
      run,
      step,
      task,
      connection,
      provider,
      model,
      JSON.stringify(claims),
      expiresAt,
    ],
  });
}

/** Claims of the call, if it is still open; it stays locked until the transaction ends. */
export async function lockOpenCall(db: Queryable, org: string, id: string): Promise<ModelClaim[] | null> {
  const { rows } = await db.query<{ claims: ModelClaim[] }>({
    name: "lock-open-call",
    text: "SELECT claims FROM model_calls WHERE org = $1 AND id = $2 AND state = 'open' FOR UPDATE",
    values: [org, id],
  });
  return rows[0]?.claims ?? null;
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
