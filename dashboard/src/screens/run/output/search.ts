import * as z from "zod/mini";
import { maybe } from "../../../data/address.ts";

const text = maybe(z.string().check(z.maxLength(200)));
const number = maybe(z.coerce.number().check(z.int(), z.minimum(1)));

/** What an address says of a run's log and history, besides the attempt and the line of its log. */
export const outputSearch = {
  /** What is looked for in the log. */
  find: text,
  /** Only the error stream and what failed. */
  errors: maybe(z.boolean()),
  /** Number of the event that is open. */
  event: number,
  /** What the history is narrowed to. */
  narrow: text,
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
