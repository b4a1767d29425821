/** One line of the results. `ratio` says how the value stands to the floor, measured in the same run. */
export interface Measure {
  name: string;
  value: number;
  unit: string;
  /** The same work done in the plainest way, or the limit that the product promises. */
  floor: number | null;
  ratio: number | null;
  /** What the ratio (or the value, where there is no floor) must be. */
  target: { atLeast: number } | { atMost: number };
  what: string;
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** @param share of the values that are smaller, 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

export function meets({ target, ratio, value }: Measure): boolean {
  const measured = ratio ?? value;
  return "atLeast" in target ? measured >= target.atLeast : measured <= target.atMost;
}

export function round(value: number): number {
  return Number(value.toPrecision(3));
}
