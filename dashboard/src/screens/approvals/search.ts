import { z } from "zod";

/** `all`: also what others must decide. */
export const InboxSearch = z.object({ show: z.enum(["mine", "all"]).catch("mine").default("mine") });

/** `hash`: the change set that a message or a command line was about. */
export const CardSearch = z.object({
  hash: z
    .templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/)])
    .optional()
    .catch(undefined),
});
