import { durationPattern } from "./schema.ts";

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `90s`, `10m`, …, which the schema has checked. */
export function millisecondsOf(duration: string): number {
  const [, number = "0", unit = "ms"] = durationPattern.exec(duration) ?? [];
  return Number(number) * (units[unit] ?? 1);
}
