import * as z from "zod/mini";
import { maybe } from "../../data/address.ts";

/** `all`: also what others must decide. */
export const InboxSearch = z.object({
  show: z.pipe(
    maybe(z.enum(["mine", "all"])),
    z.transform((show) => show ?? "mine"),
  ),
});

const digest = z.templateLiteral(["sha256:", z.string().check(z.regex(/^[0-9a-f]{64}$/))]);

/** `hash`: the change set that a message or a command line was about. */
export const CardSearch = z.object({ hash: maybe(digest) });
