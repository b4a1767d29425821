import { z } from "zod";

const text = z.string().max(2_000).optional().catch(undefined);

/** What the address of the composer says. */
export const ComposeSearch = z.object({
  by: z.enum(["words", "runbook"]).optional().catch(undefined),
  runbook: text,
  /** Tried out: a dry run with test inputs. */
  try: z.literal(true).optional().catch(undefined),
});
export type ComposeSearch = z.infer<typeof ComposeSearch>;
