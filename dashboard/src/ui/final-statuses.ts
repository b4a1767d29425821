import type { FinalStatus } from "@gantry/sdk";

/** All that a run can end as. As keys, so that one that is missing doesn't compile; the SDK's schema would come along otherwise. */
const ends: Record<FinalStatus, true> = {
  succeeded: true,
  failed: true,
  canceled: true,
  denied: true,
  rejected: true,
  undone: true,
  undo_incomplete: true,
  quarantined: true,
  previewed: true,
};
export const finalStatuses = Object.keys(ends) as FinalStatus[];
