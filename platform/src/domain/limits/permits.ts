import type { ErrorData, LimitWait, Usage } from "@gantry/sdk";
import { endTrial, pass, type Breaker, type BreakerRules } from "./breaker.ts";
import { reserve, settle, shareOf, type Account, type Budget } from "./budget.ts";
import { giveBack, take, use, type Bound, type Counter } from "./window.ts";

/** One share of what an attempt holds; what is written with its permit. */
export type Claim =
  | { kind: "limit"; id: string }
  | { kind: "budget"; id: string; subject: string; amount: number }
  | { kind: "breaker"; id: string }
  /** Nothing is held of it: the permit is that of a call which this attempt makes. */
  | { kind: "attempt"; id: string };

/** What a claim is made on, locked: the definition as it is now and what all workers share of it. */
export interface Targets {
  limits: ReadonlyMap<string, { what: string; bound: Bound; counter: Counter }>;
  /** By `accountKey`. */
  accounts: ReadonlyMap<string, { budget: Budget; account: Account }>;
  breakers: ReadonlyMap<string, { connection: string; breaker: Breaker }>;
  rules: BreakerRules;
}

export const accountKey = (budget: string, subject: string): string => `${budget} ${subject}`;

export interface PermitRequest {
  /** The attempt's id to be. */
  id: string;
  limits: readonly string[];
  budgets: readonly { id: string; subject: string }[];
  breakers: readonly string[];
  worstCase: Usage;
  /** Milliseconds that the attempt may take. */
  timeoutMs: number;
  /** When it was told to come again, and by which limit; null for the first time. */
  turn: { id: string; at: number } | null;
}

export type PermitAnswer =
  | { kind: "granted"; claims: Claim[] }
  | { kind: "refused"; limit: LimitWait }
  | { kind: "exhausted"; error: ErrorData };

const administrator = "whoever may change limits (scope admin)";

/** Takes all that the request needs, or nothing; the first thing in the way is named. */
export function decidePermit(targets: Targets, request: PermitRequest, now: number): PermitAnswer {
  const claims: Claim[] = [];
  const refuse = (answer: PermitAnswer): PermitAnswer => {
    for (const claim of claims) release(targets, claim, request.id, now);
    return answer;
  };
  // Budgets first: what can't be paid for must not wait for its turn.
  for (const { id, subject } of request.budgets) {
    const found = targets.accounts.get(accountKey(id, subject));
    if (!found) continue;
    const amount = shareOf(found.budget, { usage: request.worstCase, ms: request.timeoutMs });
    if (amount === null) return refuse({ kind: "exhausted", error: otherCurrency(found.budget, request.worstCase) });
    if (amount === 0) continue;
    const answer = reserve(found.account, found.budget, amount, now);
    if (answer === "exhausted") return refuse({ kind: "exhausted", error: exhausted(found, amount) });
    if (answer === "wait") {
      const what = `budget ${found.budget.name}: what is left of it is set aside for attempts that are under way`;
      return refuse({ kind: "refused", limit: { kind: "budget", id, what, until: null, who: administrator } });
    }
    claims.push({ kind: "budget", id, subject, amount });
  }
  for (const id of request.breakers) {
    const found = targets.breakers.get(id);
    if (!found || found.breaker.state === "closed") continue;
    const passed = pass(found.breaker, request.id, now);
    if (passed !== true) {
      const what = `connection ${found.connection}, which keeps failing: ${found.breaker.reason ?? "no reason known"}`;
      const who = "whoever mends it; gantry breaker reset tries at once";
      return refuse({ kind: "refused", limit: { kind: "breaker", id, what, until: passed.until, who } });
    }
    claims.push({ kind: "breaker", id });
  }
  for (const id of request.limits) {
    const found = targets.limits.get(id);
    if (!found) continue;
    const turn = request.turn?.id === id ? request.turn.at : null;
    const taken = take(found.counter, found.bound, now, turn);
    if (!taken.granted) {
      const kind = found.bound.perMs === null ? "concurrency" : "rate";
      const limit: LimitWait = { kind, id, what: found.what, until: taken.until, who: administrator };
      return refuse({ kind: "refused", limit });
    }
    claims.push({ kind: "limit", id });
  }
  return { kind: "granted", claims };
}

/** What became known of an attempt since the counters last heard of it. */
export interface PermitNews {
  id: string;
  claims: readonly Claim[];
  /** What the counters know, and what the journal knows. `released`: it never began. */
  from: "held" | "used";
  to: "used" | "ended" | "released";
  /** Unix milliseconds: after its start. */
  usedAt: number;
  /** Milliseconds that it took at most. */
  ms: number;
  /** Null: it reported nothing, so the worst case counts. */
  usage: Usage | null;
  outcome: "answered" | "failed" | "unknown";
}

/** Brings the counters up to date with an attempt. Each step of its life is told once. */
export function foldPermit(targets: Targets, news: PermitNews): void {
  for (const claim of news.claims) {
    if (news.to === "released") release(targets, claim, news.id, news.usedAt);
    else foldClaim(targets, claim, news);
  }
}

function foldClaim(targets: Targets, claim: Claim, { id, from, to, usedAt, ms, usage, outcome }: PermitNews): void {
  switch (claim.kind) {
    case "limit": {
      const found = targets.limits.get(claim.id);
      if (!found) return;
      if (from === "held") use(found.counter, found.bound, usedAt);
      if (to === "ended" && found.bound.perMs === null) giveBack(found.counter);
      return;
    }
    case "budget": {
      const found = targets.accounts.get(accountKey(claim.id, claim.subject));
      if (!found || to !== "ended") return;
      settle(found.account, claim.amount, usedOf(found.budget, claim.amount, usage, ms));
      return;
    }
    case "breaker": {
      const found = targets.breakers.get(claim.id);
      if (!found || (to === "used" && outcome !== "unknown")) return;
      endTrial(found.breaker, targets.rules, id, outcome === "answered" ? "answered" : "failed", usedAt);
      return;
    }
    case "attempt":
      return;
    default:
      return claim satisfies never;
  }
}

/** Time is measured; the rest is what the tool reported, the worst case where it reported nothing. */
function usedOf(budget: Budget, reserved: number, usage: Usage | null, ms: number): number {
  if (budget.measure === "time") return Math.min(ms, reserved);
  if (usage === null) return reserved;
  return shareOf(budget, { usage: { requests: 0, ...usage }, ms }) ?? reserved;
}

function release(targets: Targets, claim: Claim, attempt: string, now: number): void {
  switch (claim.kind) {
    case "limit": {
      const found = targets.limits.get(claim.id);
      if (found) giveBack(found.counter);
      return;
    }
    case "budget": {
      const found = targets.accounts.get(accountKey(claim.id, claim.subject));
      if (found) settle(found.account, claim.amount, 0);
      return;
    }
    case "breaker": {
      const found = targets.breakers.get(claim.id);
      if (found) endTrial(found.breaker, targets.rules, attempt, "released", now);
      return;
    }
    case "attempt":
      return;
    default:
      return claim satisfies never;
  }
}

function exhausted({ budget, account }: { budget: Budget; account: Account }, amount: number): ErrorData {
  const { id, name, measure, currency, amount: limit } = budget;
  const unit = measure === "money" ? ` ${currency ?? ""} (minor units)` : measure === "time" ? " ms" : " requests";
  return {
    code: "budget_exhausted",
    message:
      `Budget ${name} has ${Math.max(0, limit - account.spent)}${unit} left of ${limit}; this step may use ${amount}. ` +
      "Raise it with gantry budget set, then retry the run.",
    retryable: false,
    details: { budget: id, name, measure, limit, spent: account.spent, reserved: account.reserved, needed: amount },
  };
}

function otherCurrency({ id, name, currency }: Budget, { money }: Usage): ErrorData {
  return {
    code: "budget_currency_mismatch",
    message: `Budget ${name} is in ${currency ?? ""}, but this step pays in ${money?.currency ?? ""}; set a budget in that currency.`,
    retryable: false,
    details: { budget: id, name },
  };
}
