import type { Operation } from "../events.ts";
import { touchesWorld } from "../plan.ts";
import type { RunState, StepState } from "./state.ts";
import { toolOf } from "./tool-of.ts";

/** Whether an attempt may change something outside its run. Previews, inspections and verifications only look. */
export function mayChange(state: RunState, of: StepState, operation: Operation): boolean {
  return (operation === "run" || operation === "undo") && touchesWorld(toolOf(state, of)?.effect ?? "destroys");
}

/** Whether it need not wait for the gate; in a dry run, whether it is carried out at all. */
export function isEarly(state: RunState, of: StepState): boolean {
  return state.dryRun ? isCarriedOut(state, of) : state.graph.preparation.has(of.step.id);
}

/**
 * Whether the step is carried out in this run. A dry run carries out what only reads or drafts, takes sub-runs as dry runs,
 * and doesn't wait: time passes at once, and nobody is asked for a signal or an approval.
 */
export function isCarriedOut(state: RunState, of: StepState): boolean {
  if (!state.dryRun) return true;
  switch (of.step.kind) {
    case "tool":
      return !mayChange(state, of, "run");
    case "wait":
      return of.step.for.kind === "duration" || of.step.for.kind === "time";
    case "run":
      return true;
    default:
      return of.step satisfies never;
  }
}
