import { z } from "zod";
import { outputSearch } from "./output/search.ts";

/** What the address of a run holds. What doesn't fit is as if it weren't there. */
export const RunSearch = z.object({
  tab: z.enum(["steps", "timeline", "changes", "log", "events", "artifacts"]).optional().catch(undefined),
  /** How steps are shown; by the width of the window unless chosen. */
  view: z.enum(["graph", "list"]).optional().catch(undefined),
  /** The step that is looked at, and what of it. */
  step: z.string().max(200).optional().catch(undefined),
  attempt: z.string().max(100).optional().catch(undefined),
  /** Of the attempt's log. */
  line: z.coerce.number().int().min(1).optional().catch(undefined),
  /** Of the timeline: items of loops, too. */
  full: z.boolean().optional().catch(undefined),
  ...outputSearch,
});
export type RunSearch = z.infer<typeof RunSearch>;
