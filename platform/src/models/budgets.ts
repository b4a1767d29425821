import { LRUCache } from "lru-cache";
import type { Pool } from "pg";
import { reserve, settle, type Budget } from "../domain/limits/budget.ts";
import { accountKey, type Targets } from "../domain/limits/permits.ts";
import { loadTogether } from "../lib/load-together.ts";
import {
  insertOpenCall,
  listModelBudgets,
  lockOpenCall,
  takeLostCalls,
  type ModelBudgetRow,
  type ModelClaim,
} from "../store/model-budgets.ts";
import { writeModelCalls, type ModelCallRow } from "../store/models.ts";
import { inOrganization } from "../store/organization.ts";
import { lockTargets, saveTargets } from "../store/permits.ts";
import type { Queryable } from "../store/queryable.ts";
import { BudgetReservedError, ModelBudgetExhaustedError, type Asked } from "./errors.ts";
import type { ModelCall, ModelCost, ModelUsage } from "./types.ts";

/** What a call may come to at most. */
export interface Worst {
  id: string;
  asked: Asked;
  at: number;
  micros: number;
  tokens: number;
  /** When it is over at the latest. */
  endsAt: number;
}

export interface Outcome {
  usage: ModelUsage;
  cost: ModelCost;
  firstTokenMs: number | null;
  totalMs: number;
  error: string | null;
}

/** Pays for calls. */
export interface Purse {
  /**
   * Sets the worst case aside in all budgets that cover the call; what it returns takes what it came to, and writes it down.
   * @throws ModelBudgetExhaustedError, BudgetReservedError
   */
  reserve(call: ModelCall, worst: Worst): Promise<(outcome: Outcome) => Promise<void>>;
}

/** The subject of a budget that isn't each run's own. */
const everybody = "00000000-0000-0000-0000-000000000000";
/** A budget that was set holds after this at the latest. */
const goodMs = 2_000;
/** Whoever hasn't said how a call ended this long after it must have is dead. */
const graceMs = 60_000;

export function createPurse({ pool, now }: { pool: Pool; now(): number }): Purse {
  const budgets = new LRUCache<string, { at: number; rows: Promise<ModelBudgetRow[]> }>({ max: 1_000 });
  const budgetsOf = (org: string): Promise<ModelBudgetRow[]> => {
    const kept = budgets.get(org);
    if (kept !== undefined && now() - kept.at < goodMs) return kept.rows;
    const rows = inOrganization(pool, org, (tx) => listModelBudgets(tx, org));
    rows.catch(() => budgets.delete(org));
    budgets.set(org, { at: now(), rows });
    return rows;
  };
  const write = loadTogether<ModelCallRow, null>(
    async (rows) => {
      await writeModelCalls(pool, rows);
      return rows.map(() => null);
    },
    { identify: ({ id }) => id },
  );

  return {
    async reserve(call, worst) {
      const { organization: org } = call;
      const claims = (await budgetsOf(org)).filter((one) => covers(one, call)).map((one) => claimOf(one, call, worst));
      if (claims.length === 0) return async (outcome) => void (await write(rowOf(call, worst, outcome)));
      const open = factsOf(call, worst);
      const expiresAt = new Date(worst.endsAt + graceMs);
      const take = (): Promise<void> =>
        inOrganization(pool, org, async (tx) => {
          await setAside(tx, org, claims, worst.at);
          await insertOpenCall(tx, open, { claims, expiresAt });
        });
      try {
        await take();
      } catch (error) {
        if (!(error instanceof BudgetReservedError) || !(await countLost(pool, org, now()))) throw error;
        await take();
      }
      return (outcome) =>
        inOrganization(pool, org, async (tx) => {
          const held = await lockOpenCall(tx, org, worst.id);
          // Taken for dead in the meantime: the worst case was counted.
          if (held === null) return;
          await use(tx, org, held, (claim) => usedOf(claim, outcome));
          await writeModelCalls(tx, [rowOf(call, worst, outcome)]);
        });
    },
  };

  /** By the budget's measure, in its unit. */
  function usedOf({ measure }: Claimed, { usage, cost }: Outcome): number {
    if (measure === "requests") return 1;
    return measure === "tokens" ? usage.input + usage.output : cost.micros;
  }
}

type Claimed = ModelClaim & { measure: Budget["measure"] };

function covers({ project, agent, run, eachRun }: ModelBudgetRow, call: ModelCall): boolean {
  return (
    (project === null || project === call.project) &&
    (agent === null || agent === call.agent) &&
    (run === null || run === call.runId) &&
    (!eachRun || call.runId !== null)
  );
}

function claimOf(
  { id, measure, eachRun }: ModelBudgetRow,
  { runId }: ModelCall,
  { micros, tokens }: Worst,
): ModelClaim {
  const amount = measure === "money" ? micros : measure === "tokens" ? tokens : 1;
  return { id, subject: eachRun && runId !== null ? runId : everybody, amount };
}

async function lock(tx: Queryable, org: string, claims: readonly ModelClaim[]): Promise<Omit<Targets, "rules">> {
  const accounts = new Map(claims.map(({ id, subject }) => [accountKey(id, subject), { org, id, subject }]));
  return lockTargets(tx, { limits: new Map(), accounts, breakers: [] });
}

async function setAside(tx: Queryable, org: string, claims: readonly ModelClaim[], now: number): Promise<void> {
  const targets = await lock(tx, org, claims);
  for (const { id, subject, amount } of claims) {
    const found = targets.accounts.get(accountKey(id, subject));
    // Removed since it was read.
    if (found === undefined) continue;
    const { budget, account } = found;
    const answer = reserve(account, budget, amount, now);
    if (answer === "exhausted") throw new ModelBudgetExhaustedError({ ...budget, ...account, id }, amount);
    if (answer === "wait") throw new BudgetReservedError({ ...budget, ...account, id }, amount);
  }
  await saveTargets(tx, targets, new Set());
}

async function use(
  tx: Queryable,
  org: string,
  claims: readonly ModelClaim[],
  usedOf: (claim: Claimed) => number,
): Promise<void> {
  if (claims.length === 0) return;
  const targets = await lock(tx, org, claims);
  for (const claim of claims) {
    const found = targets.accounts.get(accountKey(claim.id, claim.subject));
    if (found !== undefined) settle(found.account, claim.amount, usedOf({ ...claim, measure: found.budget.measure }));
  }
  await saveTargets(tx, targets, new Set());
}

/** What the dead had set aside isn't held any more; nobody knows what they used, so all of it counts. True: there was something. */
async function countLost(pool: Pool, org: string, now: number): Promise<boolean> {
  return inOrganization(pool, org, async (tx) => {
    const lost = (await takeLostCalls(tx, org, new Date(now))).flat();
    await use(tx, org, lost, ({ amount }) => amount);
    return lost.length > 0;
  });
}

function factsOf(call: ModelCall, { id, asked, at }: Worst) {
  const { organization: org, project, environment, agent, runId: run, step = null, task } = call;
  return { ...asked, id, org, at: new Date(at), project, environment, agent, run, step, task };
}

function rowOf(call: ModelCall, worst: Worst, { usage, cost, firstTokenMs, totalMs, error }: Outcome): ModelCallRow {
  return {
    ...factsOf(call, worst),
    state: error === null ? "answered" : "failed",
    input: usage.input,
    cachedInput: usage.cachedInput,
    output: usage.output,
    micros: cost.micros,
    priceKnown: cost.known,
    firstTokenMs: firstTokenMs === null ? null : Math.round(firstTokenMs),
    totalMs: Math.round(totalMs),
    error,
  };
}
