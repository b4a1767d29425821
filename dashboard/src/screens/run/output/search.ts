import { count, flag, text, type readAddress } from "../../../data/address.ts";

/** What an address says of a run's log and history, besides the attempt and the line of its log. */
export const outputReads = {
  /** What is looked for in the log. */
  find: text(200),
  /** Only the error stream and what failed. */
  errors: flag,
  /** Number of the event that is open. */
  event: count,
  /** What the history is narrowed to. */
  narrow: text(200),
};

export type OutputSearch = ReturnType<ReturnType<typeof readAddress<typeof outputReads>>> & {
  attempt?: string | undefined;
  line?: number | undefined;
};

/** A view of a run whose state is in the address. */
export interface OutputProps {
  run: string;
  search: OutputSearch;
  /** What changes; undefined takes it out. */
  onSearch(change: OutputSearch): void;
}
