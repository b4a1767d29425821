import type { PolicyDiff } from "@gantry/sdk/api";
import { checkText } from "./check-text.ts";

/** What changed from one text to another: statements by @id, and lines. */
export function diffPolicies(before: string, after: string): Omit<PolicyDiff, "from" | "to"> {
  const [old, now] = [statementsOf(before), statementsOf(after)];
  return {
    added: [...now.keys()].filter((id) => !old.has(id)),
    removed: [...old.keys()].filter((id) => !now.has(id)),
    changed: [...now].filter(([id, text]) => old.has(id) && old.get(id) !== text).map(([id]) => id),
    lines: diffLines(linesOf(before), linesOf(after)),
  };
}

function statementsOf(text: string): Map<string, string> {
  return new Map(checkText(text).statements.map((one) => [one.id ?? "", one.text]));
}

const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

/** By the longest common subsequence. Texts have 20,000 characters at most; what both begin and end with is set aside first. */
function diffLines(before: readonly string[], after: readonly string[]): PolicyDiff["lines"] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const same = (lines: readonly string[]) => lines.map((text) => ({ change: "same" as const, text }));
  return [
    ...same(before.slice(0, head)),
    ...diffMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(before.slice(before.length - tail)),
  ];
}

/** More than this is said as removed and added: a table of all pairs would be too large. */
const maximumPairs = 1_000_000;

function diffMiddle(a: readonly string[], b: readonly string[]): PolicyDiff["lines"] {
  const width = b.length + 1;
  const common = new Uint16Array(a.length * b.length > maximumPairs ? 0 : (a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = common.length === 0 ? -1 : a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: PolicyDiff["lines"] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j] && common.length > 0) {
      lines.push({ change: "same", text: a[i] as string });
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ change: "removed", text: a[i] as string });
      i += 1;
    } else {
      lines.push({ change: "added", text: b[j] as string });
      j += 1;
    }
  }
  return lines;
}
