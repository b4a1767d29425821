import { z } from "zod";

/** What an address says of a run's log and history, besides the attempt and the line of its log. */
export const outputSearch = {
  /** What is looked for in the log. */
  find: z.string().max(200).optional().catch(undefined),
  /** Only the error stream and what failed. */
  errors: z.boolean().optional().catch(undefined),
  /** Number of the event that is open. */
  event: z.coerce.number().int().min(1).optional().catch(undefined),
  /** What the history is narrowed to. */
  narrow: z.string().max(200).optional().catch(undefined),
};

export type OutputSearch = Partial<
  { [Key in keyof typeof outputSearch]: z.infer<(typeof outputSearch)[Key]> } & {
    attempt: string | undefined;
    line: number | undefined;
  }
>;

/** A view of a run whose state is in the address. */
export interface OutputProps {
  run: string;
  search: OutputSearch;
  /** What changes; undefined takes it out. */
  onSearch(change: OutputSearch): void;
}
