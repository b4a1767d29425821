import * as z from "zod/mini";
import { maybe } from "../../data/address.ts";
import { outputSearch } from "./output/search.ts";

/** What the address of a run holds. What doesn't fit is as if it weren't there. */
export const RunSearch = z.object({
  tab: maybe(z.enum(["steps", "timeline", "changes", "log", "events", "artifacts"])),
  /** How steps are shown; by the width of the window unless chosen. */
  view: maybe(z.enum(["graph", "list"])),
  /** The step that is looked at, and what of it. */
  step: maybe(z.string().check(z.maxLength(200))),
  attempt: maybe(z.string().check(z.maxLength(100))),
  /** Of the attempt's log. */
  line: maybe(z.coerce.number().check(z.int(), z.minimum(1))),
  /** Of the timeline: items of loops, too. */
  full: maybe(z.boolean()),
  ...outputSearch,
});
export type RunSearch = z.infer<typeof RunSearch>;
