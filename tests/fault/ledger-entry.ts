/** What the ledger saw, in the order in which it saw it: one line of its file each. */
export interface LedgerEntry {
  n: number;
  /** Unix milliseconds. */
  at: number;
  /**
   * `applied`: it happened. `repeated`: asked for again under the same idempotency key, so it did not happen again.
   * `refused`: it came after an inspection had been told that it didn't happen. `inspected`: somebody asked.
   * `entered`, `left`: of a section in which only one may be.
   */
  kind: "applied" | "repeated" | "refused" | "inspected" | "entered" | "left";
  run: string;
  step: string;
  operation: "run" | "undo";
  attempt: string;
  key: string;
  fence: number;
  /** Whether the attempt's announcement was committed when the effect came; null when the database couldn't be asked. */
  announced: boolean | null;
  /** Whether the change set that the attempt names was approved then; null when it named none or couldn't be asked. */
  approved: boolean | null;
  /** The section, and who was in it already. */
  section: string | null;
  overlaps: string | null;
}

/** What a tool of the tests tells the ledger. */
export interface LedgerRequest {
  run: string;
  step: string;
  operation: "run" | "undo";
  attempt: string;
  key: string;
  fence: number;
  /** The same key is applied once. */
  dedup: boolean;
  section: string | null;
}

export interface LedgerAnswer {
  kind: LedgerEntry["kind"];
  done: boolean;
}
