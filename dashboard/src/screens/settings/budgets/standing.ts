import type { BudgetView } from "@gantry/sdk/api";

export type Standing = "open" | "near" | "held" | "used_up";

type Amounts = Pick<BudgetView, "amount" | "spent" | "reserved">;

/** What may still be asked for. */
export function leftOf({ amount, spent, reserved }: Amounts): number {
  return Math.max(0, amount - spent - reserved);
}

/** `held`: what isn't spent is set aside for what is under way, and may come back. `near`: less than a tenth is left. */
export function standingOf(budget: Amounts): Standing {
  if (budget.spent >= budget.amount) return "used_up";
  const left = leftOf(budget);
  if (left === 0) return "held";
  return left < budget.amount / 10 ? "near" : "open";
}
