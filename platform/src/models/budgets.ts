import { LRUCache } from "lru-cache";
import type { Pool } from "pg";
import { reserve, settle, type Budget } from "../domain/limits/budget.ts";
import { accountKey, type Targets } from "../domain/limits/permits.ts";
import { loadTogether } from "../lib/load-together.ts";
import {
  insertOpenCalls,
  listModelBudgets,
  lockOpenCalls,
  takeLostCalls,
  type ModelBudgetRow,
  type ModelClaim,
  type OpenCall,
} from "../store/agents/model-budgets.ts";
import { writeModelCalls, type ModelCallRow } from "../store/agents/models.ts";
import { inOrganization } from "../store/organization.ts";
import { lockTargets, saveTargets } from "../store/journal/permits.ts";
import type { Queryable } from "../store/queryable.ts";
import { commitSoon } from "../store/transaction.ts";
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
  // All calls of an organization want the same few accounts: one after the other they would wait for each other's commits.
  const counters = new LRUCache<string, Counter>({ max: 1_000 });
  const counterOf = (org: string): Counter => {
    const counter = counters.get(org) ?? createCounter(pool, org);
    counters.set(org, counter);
    return counter;
  };

  return {
    async reserve(call, worst) {
      const { organization: org } = call;
      const claims = (await budgetsOf(org)).filter((one) => covers(one, call)).map((one) => claimOf(one, call, worst));
      if (claims.length === 0) return async (outcome) => void (await write(rowOf(call, worst, outcome)));
      const reservation = { call: factsOf(call, worst), claims, expiresAt: new Date(worst.endsAt + graceMs) };
      const count = counterOf(org);
      try {
        await count(reservation);
      } catch (error) {
        if (!(error instanceof BudgetReservedError) || !(await countLost(pool, org, now()))) throw error;
        await count(reservation);
      }
      return async (outcome) => void (await count({ claims, outcome, row: rowOf(call, worst, outcome) }));
    },
  };
}

interface Reservation {
  call: Omit<OpenCall, "claims" | "expiresAt">;
  claims: readonly Claimed[];
  expiresAt: Date;
}

interface Settlement {
  claims: readonly Claimed[];
  outcome: Outcome;
  row: ModelCallRow;
}

/** Of one organization: what begins and what ends at the same time is counted in one transaction, ends first, and each in the order in which it came. */
type Counter = (one: Reservation | Settlement) => Promise<null>;

/**
 * Nobody waits for the disk: other callers see what was set aside as soon as it is committed, and an end that a crash of the database takes
 * back leaves the worst case counted. A reservation that it takes back is counted when its call ends.
 */
function createCounter(pool: Pool, org: string): Counter {
  return loadTogether<Reservation | Settlement, null>(
    (list) => inOrganization(pool, org, (tx) => countAll(tx, org, list), commitSoon),
    { identify: (one) => ("row" in one ? `end ${one.row.id}` : `begin ${one.call.id}`) },
  );
}

/** @returns of each null, or why there isn't enough for it; it then takes nothing */
async function countAll(
  tx: Queryable,
  org: string,
  list: readonly (Reservation | Settlement)[],
): Promise<(BudgetReservedError | ModelBudgetExhaustedError | null)[]> {
  const ends = list.filter((one) => "row" in one);
  const held = ends.length === 0 ? new Map<string, ModelClaim[] | null>() : await lockOpenCalls(tx, org, ids(ends));
  // Those that were taken for dead in the meantime were counted with the worst case.
  const counted = ends.filter(({ row }) => held.get(row.id) !== null);
  const used = counted.flatMap(({ claims, outcome, row }) =>
    claims.map((claim) => ({
      ...claim,
      amount: held.get(row.id)?.find((one) => sameAccount(one, claim))?.amount ?? 0,
      used: usedOf(claim, outcome),
    })),
  );
  const targets = await lock(
    tx,
    org,
    list.flatMap(({ claims }) => claims),
  );
  settleAll(targets, used);
  const results = list.map((one) => ("row" in one ? null : setAside(targets, one)));
  const begun = list.filter((one, index) => !("row" in one) && results[index] === null) as Reservation[];
  if (begun.length > 0)
    await insertOpenCalls(
      tx,
      begun.map(({ call, claims, expiresAt }) => ({ ...call, claims, expiresAt })),
    );
  if (counted.length > 0)
    await writeModelCalls(
      tx,
      counted.map(({ row }) => row),
    );
  await saveTargets(tx, targets, new Set());
  return results;
}

type Claimed = ModelClaim & { measure: Budget["measure"] };

const ids = (list: readonly Settlement[]): string[] => list.map(({ row }) => row.id);
const sameAccount = (one: ModelClaim, other: ModelClaim): boolean =>
  one.id === other.id && one.subject === other.subject;

/** By the budget's measure, in its unit. */
function usedOf({ measure }: Claimed, { usage, cost }: Outcome): number {
  if (measure === "requests") return 1;
  return measure === "tokens" ? usage.input + usage.output : cost.micros;
}

function covers({ project, agent, run, eachRun }: ModelBudgetRow, call: ModelCall): boolean {
  return (
    (project === null || project === call.project) &&
    (agent === null || agent === call.agent) &&
    (run === null || run === call.runId) &&
    (!eachRun || call.runId !== null)
  );
}

function claimOf({ id, measure, eachRun }: ModelBudgetRow, { runId }: ModelCall, { micros, tokens }: Worst): Claimed {
  const amount = measure === "money" ? micros : measure === "tokens" ? tokens : 1;
  return { id, measure, subject: eachRun && runId !== null ? runId : everybody, amount };
}

async function lock(tx: Queryable, org: string, claims: readonly ModelClaim[]): Promise<Omit<Targets, "rules">> {
  const accounts = new Map(claims.map(({ id, subject }) => [accountKey(id, subject), { org, id, subject }]));
  return lockTargets(tx, { limits: new Map(), accounts, breakers: [] });
}

/** @returns null, or why there isn't enough; then nothing is taken */
function setAside(
  { accounts }: Pick<Targets, "accounts">,
  { call, claims }: Reservation,
): BudgetReservedError | ModelBudgetExhaustedError | null {
  const taken: (() => void)[] = [];
  for (const { id, subject, amount } of claims) {
    const found = accounts.get(accountKey(id, subject));
    // Removed since it was read.
    if (found === undefined) continue;
    const { budget, account } = found;
    const answer = reserve(account, budget, amount, call.at.getTime());
    if (answer === "reserved") {
      taken.push(() => (account.reserved -= amount));
      continue;
    }
    for (const giveBack of taken) giveBack();
    const full = { ...budget, ...account, id };
    return answer === "exhausted" ? new ModelBudgetExhaustedError(full, amount) : new BudgetReservedError(full, amount);
  }
  return null;
}

/** What was set aside of each account is given back, and what was used of it counted. */
function settleAll({ accounts }: Pick<Targets, "accounts">, claims: readonly (ModelClaim & { used: number })[]): void {
  for (const { id, subject, amount, used } of claims) {
    const found = accounts.get(accountKey(id, subject));
    if (found !== undefined) settle(found.account, amount, used);
  }
}

/** What the dead had set aside isn't held any more; nobody knows what they used, so all of it counts. True: there was something. */
async function countLost(pool: Pool, org: string, now: number): Promise<boolean> {
  return inOrganization(pool, org, async (tx) => {
    const lost = (await takeLostCalls(tx, org, new Date(now))).flat();
    if (lost.length === 0) return false;
    const targets = await lock(tx, org, lost);
    settleAll(
      targets,
      lost.map((claim) => ({ ...claim, used: claim.amount })),
    );
    await saveTargets(tx, targets, new Set());
    return true;
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
