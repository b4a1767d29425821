import type { TrailRow } from "../store/records/audit-seals.ts";

/** A row that isn't what was sealed, or a hash that was sealed and has no row. */
export type Difference =
  /** `leaf`: what was sealed at its place. */
  | { kind: "edited"; row: TrailRow; leaf: string }
  | { kind: "inserted"; row: TrailRow }
  | { kind: "missing"; leaf: string; beside: TrailRow[] }
  | { kind: "reordered"; row: TrailRow };

/**
 * Compares the rows that a seal covers with the hashes that it holds. A row with a hash that wasn't sealed, at the place of one
 * that was, is that row edited.
 */
export function compareWithSeal(leaves: readonly string[], rows: readonly TrailRow[]): Difference[] {
  const actual = rows.map(({ leaf }) => leaf.toString("hex"));
  if (actual.length === leaves.length && actual.every((leaf, at) => leaf === leaves[at])) return [];
  const sealedAt = new Map(leaves.map((leaf, at) => [leaf, at]));
  const present = new Set(actual);
  const inOrder = longestRun(actual.map((leaf) => sealedAt.get(leaf)));
  const differences: Difference[] = [];
  let sealed = 0;
  let row = 0;
  // Between two rows that are where they were: what is there too much, and what is missing.
  for (const kept of [...inOrder, actual.length]) {
    const until = kept === actual.length ? leaves.length : (sealedAt.get(actual[kept] ?? "") ?? leaves.length);
    const missing = leaves.slice(sealed, until).filter((leaf) => !present.has(leaf));
    const others = rows.slice(row, kept);
    for (const one of others) {
      if (sealedAt.has(one.leaf.toString("hex"))) differences.push({ kind: "reordered", row: one });
      else {
        const leaf = missing.shift();
        differences.push(leaf === undefined ? { kind: "inserted", row: one } : { kind: "edited", row: one, leaf });
      }
    }
    for (const leaf of missing)
      differences.push({
        kind: "missing",
        leaf,
        beside: [rows[row - 1], rows[kept]].filter((one) => one !== undefined),
      });
    [sealed, row] = [until + 1, kept + 1];
  }
  return differences;
}

/** Indexes of the longest ascending subsequence of those that are defined. */
function longestRun(values: readonly (number | undefined)[]): number[] {
  const tails: number[] = [];
  const before: number[] = [];
  for (const [at, value] of values.entries()) {
    if (value === undefined) continue;
    let low = 0;
    for (let high = tails.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((values[tails[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    before[at] = tails[low - 1] ?? -1;
    tails[low] = at;
  }
  const run: number[] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at] ?? -1) run.push(at);
  return run.toReversed();
}
