import type { EventType } from "../events.ts";

/** What an event is about; sinks choose by it. */
export const eventCategories = ["run", "step", "attempt", "approval", "sub-run", "command"] as const;
export type EventCategory = (typeof eventCategories)[number];

const byPrefix: Readonly<Record<string, EventCategory>> = {
  run: "run",
  step: "step",
  attempt: "attempt",
  change_set: "approval",
  approval: "approval",
  child: "sub-run",
  signal: "command",
  command: "command",
};

/** Types that a newer release added under a prefix unknown here count as of the run. */
export function categoryOf(type: EventType): EventCategory {
  return byPrefix[type.slice(0, type.indexOf("."))] ?? "run";
}
