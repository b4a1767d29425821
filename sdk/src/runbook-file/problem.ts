import { z } from "zod";

/** Something wrong in the file of a runbook, and where. */
export const RunbookProblem = z.object({
  severity: z.enum(["error", "warning"]),
  /** Stable: `docs/errors/<code>.md` says more. */
  code: z.string(),
  message: z.string(),
  /** What to do about it. */
  hint: z.string().optional(),
  file: z.string(),
  /** From 1. */
  line: z.int(),
  /** From 1, in UTF-16 units. */
  column: z.int(),
});
export type RunbookProblem = z.infer<typeof RunbookProblem>;

/** A problem at a place in the document: a path to a field, and how far into its text. */
export interface Finding {
  severity?: "warning";
  code: string;
  message: string;
  hint?: string | undefined;
  path: readonly (string | number)[];
  /** The field's name, rather than its value. */
  atKey?: boolean;
  /** The expression of a text that is meant, and the place in it. */
  inText?: { expression: number; offset: number };
}

/** Enough to mend; a file of garbage has no end of them. */
export const maximumProblems = 100;

/** Errors first as they stand in the file, so that reading from the top mends it. */
export function byPlace(a: RunbookProblem, b: RunbookProblem): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}

export function hasErrors(problems: readonly RunbookProblem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}
