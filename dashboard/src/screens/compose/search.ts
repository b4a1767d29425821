import * as z from "zod/mini";
import { maybe } from "../../data/address.ts";

/** What the address of the composer says. */
export const ComposeSearch = z.object({
  by: maybe(z.enum(["words", "runbook"])),
  runbook: maybe(z.string().check(z.maxLength(2_000))),
  /** Tried out: a dry run with test inputs. */
  try: maybe(z.literal(true)),
});
export type ComposeSearch = z.infer<typeof ComposeSearch>;
