import type { Measure, Period } from "../../domain/limits/budget.ts";
import { wakeAllWaiters } from "./limits.ts";
import type { Queryable } from "../queryable.ts";

export interface BudgetRow {
  id: string;
  name: string;
  /** What it bounds: steps, or calls to models, whose money is in millionths of the unit. */
  covers: "steps" | "models";
  measure: Measure;
  currency: string | null;
  project: string | null;
  agent: string | null;
  run: string | null;
  eachRun: boolean;
  amount: number;
  period: Period;
  /** Of the run that used most, where each has its own. */
  spent: number;
  reserved: number;
  /** Unix milliseconds: when the period began that `spent` is of. */
  since: number;
  waiting: number;
  updatedAt: Date;
  actor: string;
}

export interface NewBudget extends Omit<BudgetRow, "spent" | "reserved" | "since" | "waiting" | "updatedAt"> {
  org: string;
}

/**
 * Sets it, or changes how much; whoever waits looks again. One that becomes a budget of something else starts anew: what
 * was spent of the one is not spent of the other.
 */
export async function putBudget(db: Queryable, budget: NewBudget): Promise<void> {
  const { org, id, name, covers, measure, currency, project, agent, run, eachRun, amount, period, actor } = budget;
  const { rows } = await db.query<{ id: string; same: boolean }>(
    `SELECT id, (measure, each_run, covers) = ($3, $4, $9) AND currency IS NOT DISTINCT FROM $5 AND project IS NOT DISTINCT FROM $6
       AND agent IS NOT DISTINCT FROM $7 AND run IS NOT DISTINCT FROM $8 AS same
     FROM budgets WHERE org = $1 AND name = $2 FOR UPDATE`,
    [org, name, measure, eachRun, currency, project, agent, run, covers],
  );
  const [found] = rows;
  if (found?.same === true) {
    await db.query(
      "UPDATE budgets SET amount = $3, period = $4, actor = $5, updated_at = now() WHERE org = $1 AND id = $2",
      [org, found.id, amount, period, actor],
    );
    return wakeAllWaiters(db, found.id);
  }
  if (found) await deleteBudget(db, org, name);
  await db.query(
    `INSERT INTO budgets (org, id, name, measure, currency, project, agent, run, each_run, amount, period, actor, covers)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [org, id, name, measure, currency, project, agent, run, eachRun, amount, period, actor, covers],
  );
}

/** @returns false when the organization has none of that name. */
export async function deleteBudget(db: Queryable, org: string, name: string): Promise<boolean> {
  const { rows } = await db.query<{ id: string }>("DELETE FROM budgets WHERE org = $1 AND name = $2 RETURNING id", [
    org,
    name,
  ]);
  const [gone] = rows;
  if (!gone) return false;
  await wakeAllWaiters(db, gone.id);
  await db.query("DELETE FROM budget_accounts WHERE org = $1 AND budget = $2", [org, gone.id]);
  return true;
}

/** All of the organization, or the one of that name. */
export async function listBudgets(db: Queryable, org: string, name?: string): Promise<BudgetRow[]> {
  const { rows } = await db.query<BudgetRow>(
    `SELECT b.id, b.name, b.covers, b.measure, b.currency, p.name AS project, b.agent, b.run, b.each_run AS "eachRun",
       b.amount::float8 AS amount, b.period, COALESCE(a.spent, 0)::float8 AS spent, COALESCE(a.reserved, 0)::float8 AS reserved,
       COALESCE(a.since, 0)::float8 AS since,
       (SELECT count(*)::int FROM permit_waiters w WHERE w.target = b.id) AS waiting, b.updated_at AS "updatedAt", b.actor
     FROM budgets b LEFT JOIN projects p ON p.id = b.project
     LEFT JOIN LATERAL (SELECT spent, reserved, since FROM budget_accounts a WHERE a.budget = b.id
       ORDER BY spent + reserved DESC LIMIT 1) a ON true
     WHERE b.org = $1 AND ($2::text IS NULL OR b.name = $2) ORDER BY b.name`,
    [org, name ?? null],
  );
  return rows;
}

export interface ReservationRow {
  run: string | null;
  attempt: string;
  amount: number;
  since: Date;
  unknown: boolean;
}

export async function listReservations(db: Queryable, org: string, budget: string): Promise<ReservationRow[]> {
  const { rows } = await db.query<ReservationRow>(
    `SELECT t.run_id AS run, t.id AS attempt, (c ->> 'amount')::float8 AS amount, t.granted_at AS since,
       t.outcome IS NOT DISTINCT FROM 'unknown' AS unknown
     FROM permits t CROSS JOIN json_array_elements(t.claims) c
     WHERE t.org = $1 AND c ->> 'kind' = 'budget' AND c ->> 'id' = $2 AND t.phase <> 'ended'
     UNION ALL SELECT m.run_id, m.id, (c ->> 'amount')::float8, m.at, false FROM model_calls m CROSS JOIN json_array_elements(m.claims) c
     WHERE m.org = $1 AND m.state = 'open' AND c ->> 'id' = $2 ORDER BY since LIMIT 100`,
    [org, budget],
  );
  return rows;
}
