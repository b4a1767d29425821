import type { ChangeSetView, RunDetail } from "@gantry/sdk/api";

/** The change set that waits for people, if there is one. */
export function openChangeSet(run: Pick<RunDetail, "changeSets">): ChangeSetView | undefined {
  return run.changeSets.findLast(({ status }) => status === "open");
}
