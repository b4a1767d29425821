import type { RunStatus } from "@gantry/sdk/api";
import { finalStatuses } from "./final-statuses.ts";

/** What a run can be before it has ended, as keys like those of its ends. */
const under: Record<Exclude<RunStatus, (typeof finalStatuses)[number]>, true> = {
  queued: true,
  preparing: true,
  waiting_for_approval: true,
  running: true,
  waiting: true,
  pausing: true,
  paused: true,
  halted: true,
  frozen: true,
  needs_attention: true,
  canceling: true,
  undoing: true,
};
export const runStatuses: readonly RunStatus[] = [...(Object.keys(under) as RunStatus[]), ...finalStatuses];
