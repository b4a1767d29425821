import { touchesWorld } from "../plan.ts";
import { toolOf } from "./evolve.ts";
import { isHeldByFreeze } from "./freeze.ts";
import { emit, startAttempt, step, type Machine } from "./machine.ts";
import type { RunState, StepState } from "./state.ts";

/** Begins the undo of what the run did. False when there is nothing to undo. */
export function beginUndo(m: Machine, { automatic, reason }: { automatic: boolean; reason: string }): boolean {
  const steps = undoable(m.state);
  if (steps.length === 0) return false;
  emit(m, "run.undo_started", { automatic, reason, steps });
  for (const key of steps) {
    const why = whyNotUndone(m.state, step(m, key));
    if (why) emit(m, "step.undo_skipped", { step: key, reason: why });
  }
  return true;
}

/** Keys of the steps that may have changed something and were not undone yet, in plan order. */
export function undoable(state: RunState): string[] {
  return [...state.steps.values()].filter((one) => one.touched && one.undo?.status !== "done").map((one) => one.key);
}

/** Starts every undo that nothing stands before: reverse dependency order, siblings side by side. */
export function scheduleUndo(m: Machine): void {
  const { state, around } = m;
  const all = (state.undo?.steps ?? []).map((key) => step(m, key));
  let held = false;
  const standing = new Set(all.filter((one) => !isUndoSettled(one)).map((one) => one.step.id));
  for (const one of all) {
    if (m.capacity <= 0) return;
    const due = one.undo?.status === "failed" && one.dueFor === "undo" && one.dueAt !== null && one.dueAt <= around.now;
    if (one.undo?.status !== "pending" && !due) continue;
    const behind = state.graph.descendants(one.step.id);
    if ([...standing].some((id) => behind.has(id))) continue;
    // What a failed change left half done is put back, frozen or not; undoing a finished one is a change like any other.
    if (state.undo?.automatic !== true && isHeldByFreeze(m)) return;
    if (one.step.kind !== "run") {
      startAttempt(m, one, "undo");
      // A limit is in the way.
      held ||= one.undo?.status === "pending";
    } else if (one.child) emit(m, "child.undo_requested", { step: one.key, child: one.child.id });
  }
  const busy = all.some(
    (one) => one.undo?.status === "running" || (one.undo?.status === "failed" && one.dueAt !== null),
  );
  if (!busy && !held && state.open.size === 0) finishUndo(m, all);
}

function finishUndo(m: Machine, all: readonly StepState[]): void {
  const left = all.filter((one) => !isUndone(m.state, one));
  const status = left.length === 0 ? "undone" : "undo_incomplete";
  const names = left.map((one) => one.key).join(", ");
  const incomplete = {
    code: "undo_incomplete",
    message: `Not undone: ${names}. Look at each, then undo again or mend by hand.`,
    retryable: true,
  };
  emit(m, "run.finished", { status, error: m.state.failure?.error ?? (left.length > 0 ? incomplete : null) });
}

function isUndoSettled(one: StepState): boolean {
  return one.undo?.status === "done" || one.undo?.status === "skipped";
}

/** A step that the plan leaves in place on purpose counts as undone; one that the tool can't undo doesn't. */
function isUndone(state: RunState, one: StepState): boolean {
  if (one.undo?.status === "done") return (one.undo.undone?.left ?? []).length === 0;
  return one.undo?.status === "skipped" && (isKept(one) || harmless(state, one));
}

function whyNotUndone(state: RunState, one: StepState): string | null {
  if (one.step.kind === "run") return null;
  if (harmless(state, one)) return "It changed nothing.";
  if (isKept(one)) return "The plan leaves it in place.";
  return toolOf(state, one)?.undo ? null : "The tool can't undo it.";
}

function isKept(one: StepState): boolean {
  return one.step.kind === "tool" && one.step.undo === "none";
}

function harmless(state: RunState, one: StepState): boolean {
  return one.step.kind === "tool" && !touchesWorld(toolOf(state, one)?.effect ?? "reads");
}
