import type { QueueGroup, Waiting } from "@gantry/sdk/api";
import { matching, oneOf, readAddress } from "../../data/address.ts";

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

/** What the address may say. */
export const queueSearch = readAddress({
  tab: oneOf("runs", "workers", "stops"),
  group: oneOf(...groups),
  on: oneOf(...waits),
  sort: oneOf("age", "priority", "line"),
  environment: matching<string>(/^[a-z][a-z0-9-]{0,62}$/),
});
export type QueueSearch = ReturnType<typeof queueSearch>;
