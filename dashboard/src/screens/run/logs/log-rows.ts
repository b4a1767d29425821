import { lowerBound } from "./log-search.ts";
import type { AttemptLog, LogStore } from "./log-store.ts";

/** A row on the screen: the heading of an attempt, or one of its lines. */
export type LogRow = { log: AttemptLog; line: number | null };

/** What is shown of a log, as rows that are found by their place and by what they are. */
export interface LogRows {
  readonly count: number;
  at(index: number): LogRow | null;
  /** Of the line, or of its attempt's heading while it is folded; -1 where it isn't shown at all. */
  indexOf(attempt: string, line: number): number;
  /** Of an attempt's heading, or -1. */
  headingOf(attempt: string): number;
  /** What the row keeps when others come before it. */
  keyOf(index: number): number;
}

export interface RowsView {
  folded: ReadonlySet<string>;
  /** Only the error stream, and all of attempts that failed. */
  errorsOnly: boolean;
  failed: ReadonlySet<string>;
}

interface Group {
  log: AttemptLog;
  /** Its place among all attempts. */
  ordinal: number;
  /** Row of its heading. */
  start: number;
  /** Lines that are shown: none while it is folded. */
  lines: number;
  filtered: boolean;
}

/** As it is now: made again when the log grew, which takes a step per attempt, not per line. */
export function createLogRows(store: LogStore, { folded, errorsOnly, failed }: RowsView): LogRows {
  const groups: Group[] = [];
  let count = 0;
  for (const [ordinal, log] of store.logs.entries()) {
    const filtered = errorsOnly && !failed.has(log.attempt);
    const shown = filtered ? log.errors.length : log.texts.length;
    if (shown === 0) continue;
    const lines = folded.has(log.attempt) ? 0 : shown;
    groups.push({ log, ordinal, start: count, lines, filtered });
    count += 1 + lines;
  }
  const byAttempt = new Map(groups.map((group) => [group.log.attempt, group]));
  const find = (index: number): { group: Group; line: number | null } | null => {
    const group = groups[lastAtMost(groups, index)];
    if (group === undefined || index >= count) return null;
    const offset = index - group.start - 1;
    return { group, line: offset < 0 ? null : group.filtered ? group.log.errors.at(offset) : offset };
  };
  return {
    count,
    at(index) {
      const found = find(index);
      return found && { log: found.group.log, line: found.line };
    },
    headingOf: (attempt) => byAttempt.get(attempt)?.start ?? -1,
    keyOf(index) {
      const found = find(index);
      return found === null ? -1 : found.group.ordinal * mostLines + (found.line ?? -1) + 1;
    },
    indexOf(attempt, line) {
      const group = byAttempt.get(attempt);
      if (group === undefined || line >= group.log.texts.length) return -1;
      if (group.lines === 0) return group.start;
      if (!group.filtered) return group.start + 1 + line;
      const place = lowerBound(group.log.errors, line);
      return group.log.errors.at(place) === line && place < group.lines ? group.start + 1 + place : -1;
    },
  };
}

/** More than any attempt writes: commands are cut off long before. */
const mostLines = 2 ** 32;

function lastAtMost(groups: readonly Group[], index: number): number {
  let [low, high] = [0, groups.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((groups[middle]?.start ?? 0) <= index) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
