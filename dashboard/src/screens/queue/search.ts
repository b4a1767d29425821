import type { QueueGroup, Waiting } from "@gantry/sdk/api";

/** In words of their own: the contract's schemas are too large to load for an address. */
export const groups = ["in_line", "running", "waiting"] as const satisfies readonly QueueGroup[];
export const waits = [
  "approval",
  "time",
  "signal",
  "child",
  "slot",
  "limit",
  "person",
  "resume",
  "kill_switch",
  "freeze",
] as const satisfies readonly Waiting["on"][];
const tabs = ["runs", "workers", "stops"] as const;
const sorts = ["age", "priority", "line"] as const;

export interface QueueSearch {
  tab?: (typeof tabs)[number] | undefined;
  group?: QueueGroup | undefined;
  on?: Waiting["on"] | undefined;
  sort?: (typeof sorts)[number] | undefined;
  environment?: string | undefined;
}

/** What the address may say. Anything else is undefined and not left out: the router would put back what the address said. */
export function queueSearch(given: Record<string, unknown>): QueueSearch {
  const { environment } = given;
  return {
    tab: pick(tabs, given["tab"]),
    group: pick(groups, given["group"]),
    on: pick(waits, given["on"]),
    sort: pick(sorts, given["sort"]),
    environment:
      typeof environment === "string" && /^[a-z][a-z0-9-]{0,62}$/.test(environment) ? environment : undefined,
  };
}

function pick<Value extends string>(known: readonly Value[], given: unknown): Value | undefined {
  return known.find((one) => one === given);
}
