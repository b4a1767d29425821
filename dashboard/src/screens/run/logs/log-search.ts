import { seenText } from "../../../ui/output.ts";
import { createColumn, type AttemptLog, type Column, type LogStore } from "./log-store.ts";

/** Lines in which a text is found. Grows as the log does, and as there is time to look. */
export interface LogSearch {
  /** Looks on until `isLate`. True once everything that is there was looked at. */
  advance(isLate: () => boolean): boolean;
  readonly count: number;
  /** Lines of one attempt, ascending. */
  linesOf(attempt: string): Column;
  /** The match behind (or before) a line, around the ends; null when there is none. */
  next(from: Match | null, step: 1 | -1): Match | null;
  /** The how-manieth it is, from 1; 0: none. */
  placeOf(match: Match): number;
}

export interface Match {
  attempt: string;
  line: number;
}

/** A piece of work between two looks at the clock. */
const linesAtOnce = 500;
const nothing = createColumn((size) => new Uint32Array(size));

/** @param wanted is found whatever its letters' case */
export function createLogSearch(store: LogStore, wanted: string): LogSearch {
  const needle = wanted.toLowerCase();
  const found = new Map<string, { lines: Column; looked: number }>();
  let count = 0;

  const foundIn = (log: AttemptLog): { lines: Column; looked: number } => {
    let state = found.get(log.attempt);
    if (state === undefined) {
      state = { lines: createColumn((size) => new Uint32Array(size)), looked: 0 };
      found.set(log.attempt, state);
    }
    return state;
  };
  const ordered = (): { attempt: string; lines: Column }[] =>
    store.logs.flatMap(({ attempt }) => {
      const lines = found.get(attempt)?.lines;
      return lines === undefined || lines.length === 0 ? [] : [{ attempt, lines }];
    });

  const search: LogSearch = {
    advance(isLate) {
      for (const log of store.logs) {
        const state = foundIn(log);
        // Lines that may still grow wait until they don't.
        const settled = log.settled();
        while (state.looked < settled) {
          const end = Math.min(settled, state.looked + linesAtOnce);
          for (let line = state.looked; line < end; line += 1) {
            if (
              !seenText(log.texts[line] ?? "")
                .toLowerCase()
                .includes(needle)
            )
              continue;
            state.lines.push(line);
            count += 1;
          }
          state.looked = end;
          if (isLate()) return false;
        }
      }
      return true;
    },
    get count() {
      return count;
    },
    linesOf: (attempt) => found.get(attempt)?.lines ?? nothing,
    next(from, step) {
      const all = ordered();
      const order = new Map(store.logs.map(({ attempt }, index) => [attempt, index]));
      const at = from === null ? -1 : (order.get(from.attempt) ?? -1);
      const list = step === 1 ? all : all.toReversed();
      for (const { attempt, lines } of list) {
        const place = order.get(attempt) ?? 0;
        if (place !== at && place > at !== (step === 1) && from !== null) continue;
        const index =
          place === at && from !== null ? beside(lines, from.line, step) : step === 1 ? 0 : lines.length - 1;
        if (index >= 0 && index < lines.length) return { attempt, line: lines.at(index) };
      }
      return from === null || all.length === 0 ? null : search.next(null, step);
    },
    placeOf({ attempt, line }) {
      let before = 0;
      for (const one of ordered()) {
        if (one.attempt === attempt) {
          const index = lowerBound(one.lines, line);
          return one.lines.at(index) === line && index < one.lines.length ? before + index + 1 : 0;
        }
        before += one.lines.length;
      }
      return 0;
    },
  };
  return search;
}

function beside(lines: Column, line: number, step: 1 | -1): number {
  return step === 1 ? lowerBound(lines, line + 1) : lowerBound(lines, line) - 1;
}

/** Index of the first value that isn't below. */
export function lowerBound(lines: Column, value: number): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines.at(middle) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
