import type { RunDetail, RunStatus } from "@gantry/sdk/api";
import { finalStatuses } from "../../ui/final-statuses.ts";

export type RunAction = "pause" | "resume" | "cancel" | "retry" | "fork" | "undo" | "carry_out" | "save";

function hasEnded(status: RunStatus): boolean {
  return (finalStatuses as readonly RunStatus[]).includes(status);
}

/** A run that ended badly, or stands still because nobody knows what it did: its page opens on why. */
export function hasFailed({ status, steps }: Pick<RunDetail, "status" | "steps">): boolean {
  if (["failed", "undo_incomplete", "quarantined", "needs_attention", "denied"].includes(status)) return true;
  return status === "undone" && steps.some((step) => step.status === "failed");
}

/** What can be done with the run where it is now, the most likely first. The API decides; this is what is offered. */
export function actionsOf(run: Pick<RunDetail, "status" | "steps" | "dryRun">): RunAction[] {
  const { status } = run;
  if (status === "undoing" || status === "canceling") return [];
  if (!hasEnded(status)) {
    const paused = status === "paused" || status === "pausing";
    return [paused ? "resume" : "pause", "cancel"];
  }
  const actions: RunAction[] = [];
  if (status === "failed" || status === "canceled" || status === "rejected") actions.push("retry");
  if (status === "previewed") actions.push("carry_out");
  if (isUndoable(run)) actions.push("undo");
  if (status === "succeeded" && !run.dryRun) actions.push("save");
  return [...actions, "fork"];
}

/** Something of it took effect and stands. */
function isUndoable({ steps, dryRun }: Pick<RunDetail, "steps" | "dryRun">): boolean {
  return (
    !dryRun &&
    steps.some(
      ({ effect, attempts, undo, fact, child, status }) =>
        fact === null &&
        undo?.status !== "done" &&
        ((child !== null && status === "succeeded") ||
          ((effect === "changes" || effect === "destroys") && attempts.some(({ operation }) => operation === "run"))),
    )
  );
}
