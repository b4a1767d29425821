import type { Usage } from "@gantry/sdk";

/** `tokens` only of calls to models. */
export type Measure = "money" | "requests" | "time" | "tokens";
export type Period = "total" | "day" | "month";

export interface Budget {
  readonly id: string;
  readonly name: string;
  readonly measure: Measure;
  readonly currency: string | null;
  readonly amount: number;
  readonly period: Period;
}

/** What is gone and what is promised of a budget. Whole numbers: minor units, requests, milliseconds. */
export interface Account {
  spent: number;
  reserved: number;
  /** Unix milliseconds: when the period began that `spent` is of. */
  since: number;
}

export type Reserved = "reserved" | "wait" | "exhausted";

/**
 * Sets the worst case aside. `wait`: it would fit once others use less than was set aside for them; `exhausted`: it
 * won't. Spent and reserved together never pass the budget.
 */
export function reserve(account: Account, budget: Budget, worst: number, now: number): Reserved {
  const began = periodStart(budget.period, now);
  if (account.since < began) Object.assign(account, { spent: 0, since: began });
  if (account.spent + worst > budget.amount) return "exhausted";
  if (account.spent + account.reserved + worst > budget.amount) return "wait";
  account.reserved += worst;
  return "reserved";
}

/** Replaces what was set aside by what was used. */
export function settle(account: Account, reserved: number, used: number): void {
  account.reserved -= reserved;
  account.spent += used;
}

/** Periods begin at midnight UTC. */
export function periodStart(period: Period, now: number): number {
  const date = new Date(now);
  switch (period) {
    case "total":
      return 0;
    case "day":
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
    case "month":
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
    default:
      return period satisfies never;
  }
}

/** How much of a measure an attempt takes; null when its money is of another currency and can't be compared. */
export function shareOf(
  budget: Pick<Budget, "measure" | "currency">,
  { usage, ms }: { usage: Usage; ms: number },
): number | null {
  switch (budget.measure) {
    case "money":
      if (usage.money === undefined || usage.money.amount === 0) return 0;
      return usage.money.currency === budget.currency ? usage.money.amount : null;
    case "requests":
      return usage.requests ?? 1;
    case "time":
      return ms;
    case "tokens":
      return 0;
    default:
      return budget.measure satisfies never;
  }
}
