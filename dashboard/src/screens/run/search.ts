import { count, flag, oneOf, readAddress, text } from "../../data/address.ts";
import { outputReads } from "./output/search.ts";

/** What the address of a run holds. What doesn't fit is as if it weren't there. */
export const runSearch = readAddress({
  tab: oneOf("steps", "timeline", "trace", "changes", "log", "events", "artifacts"),
  /** How steps are shown; by the width of the window unless chosen. */
  view: oneOf("graph", "list"),
  /** The step that is looked at, and what of it. */
  step: text(200),
  attempt: text(100),
  /** Of the attempt's log. */
  line: count,
  /** Of the timeline: items of loops, too. */
  full: flag,
  ...outputReads,
});
export type RunSearch = ReturnType<typeof runSearch>;
