import { UsageExceededError } from "./tool-errors.ts";
import type { Usage } from "./usage.ts";

/** Adds up what an attempt says that it uses, and refuses what goes past what was reserved for it. */
export interface Meter {
  /** @throws UsageExceededError */
  use(usage: Usage): void;
  /** Undefined while nothing was said. */
  used(): Usage | undefined;
}

export function createMeter(tool: string, worstCase: Usage): Meter {
  let used: Usage | undefined;
  return {
    used: () => used,
    use: ({ money, requests = 0 }) => {
      const sum = { requests: (used?.requests ?? 0) + requests, money: addMoney(used?.money, money) };
      if (sum.requests > (worstCase.requests ?? 1))
        throw new UsageExceededError(tool, `${sum.requests} requests`, `${worstCase.requests ?? 1}`);
      const limit = worstCase.money;
      if (sum.money && (sum.money.amount > (limit?.amount ?? 0) || (limit && limit.currency !== sum.money.currency))) {
        const most = limit ? `${limit.amount} ${limit.currency}` : "no money";
        throw new UsageExceededError(tool, `${sum.money.amount} ${sum.money.currency} in minor units`, most);
      }
      used = { requests: sum.requests, ...(sum.money && { money: sum.money }) };
    },
  };
}

function addMoney(before: Usage["money"], more: Usage["money"]): Usage["money"] {
  if (!before || !more) return more ?? before;
  // Of two currencies neither can be left out: the sum is past every worst case, which has one.
  if (before.currency !== more.currency) return { amount: Number.POSITIVE_INFINITY, currency: more.currency };
  return { amount: before.amount + more.amount, currency: more.currency };
}
