import type { BudgetView } from "@gantry/sdk/api";

/** As the API counts: minor units of the currency, requests, milliseconds. */
export function amountFrom(measure: BudgetView["measure"], text: string, currency: string): number {
  const value = Number(text);
  if (measure === "money") return Math.round(value * 10 ** digitsOf(currency));
  return measure === "time" ? Math.round(value * 60_000) : Math.round(value);
}

/** The other way round, for people. */
export function moneyText(amount: number, currency: string): string {
  const digits = digitsOf(currency);
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
}

/** As somebody would type it. */
export function amountIn(measure: BudgetView["measure"], amount: number, currency: string): string {
  if (measure === "money") return (amount / 10 ** digitsOf(currency)).toFixed(digitsOf(currency));
  return String(measure === "time" ? amount / 60_000 : amount);
}

function digitsOf(currency: string): number {
  try {
    return (
      new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? fewDigits
    );
  } catch {
    // Not typed to its end yet.
    return fewDigits;
  }
}

const fewDigits = 2;
