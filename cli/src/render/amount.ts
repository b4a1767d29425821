import { duration } from "./time.ts";

/** What a budget counts, as people write it: `12.50 EUR`, `300`, `2 h 00 m`. */
export function renderAmount(
  amount: number,
  { measure, currency }: { measure: "money" | "requests" | "time" | "tokens"; currency: string | null },
): string {
  if (measure === "money")
    return `${(amount / 10 ** digitsOf(currency ?? "")).toFixed(digitsOf(currency ?? ""))} ${currency ?? ""}`;
  return measure === "time" ? duration(amount) : String(amount);
}

/** What a model cost: `$0.0042`, with `?` where its price isn't known. */
export function renderMicros(micros: number, known: boolean): string {
  const dollars = micros / 1_000_000;
  return `$${dollars >= 1 || micros === 0 ? dollars.toFixed(2) : dollars.toPrecision(2)}${known ? "" : "?"}`;
}

/** `12.50EUR` in minor units; undefined for anything that isn't so much of a currency. */
export function parseMoney(text: string): { amount: number; currency: string } | undefined {
  const match = /^(\d{1,12})(?:\.(\d+))?\s*([A-Z]{3})$/.exec(text.trim());
  if (!match) return undefined;
  const [, whole = "", fraction = "", currency = ""] = match;
  const digits = digitsOf(currency);
  if (fraction.length > digits) return undefined;
  return { amount: Number(whole) * 10 ** digits + Number(fraction.padEnd(digits, "0") || "0"), currency };
}

function digitsOf(currency: string): number {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** Bytes as people read them: `512 B`, `1.4 MB`. */
export function bytesOf(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [value, unit] = [bytes, 0];
  for (; value >= 1_000 && unit < units.length - 1; unit += 1) value /= 1_000;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`;
}
