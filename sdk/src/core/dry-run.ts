import { emit, step, type Machine } from "./machine.ts";
import { openRunGate } from "./gate.ts";
import { continueOperations, dueRuns, previewSteps, skipOrExpand, startTool } from "./schedule.ts";
import type { RunState, StepState } from "./state.ts";

/**
 * What a dry run does instead of `schedule`: every step that only reads or drafts and stands behind no change, then a
 * preview of each step that would change something, then the change set. That ends it; nobody is asked to approve.
 */
export function rehearse(m: Machine): void {
  const { state } = m;
  continueOperations(m);
  for (const key of dueRuns(m)) {
    if (m.capacity <= 0 || state.failure) return;
    const one = step(m, key);
    if (one.dueAt === null && one.tries.run === 0 && skipOrExpand(m, one)) continue;
    begin(m, one);
  }
  if (state.failure || isBusy(state)) return;
  const before = m.events.length;
  const complete = previewSteps(m);
  // A step that was skipped meanwhile may have made way for others.
  if (!complete || m.events.length > before) return;
  openRunGate(m);
  emit(m, "run.finished", { status: "previewed", error: null });
}

function begin(m: Machine, of: StepState): void {
  switch (of.step.kind) {
    case "tool":
      return startTool(m, of, null);
    case "wait":
      return emit(m, "step.wait_ended", { step: of.key, payload: null });
    case "run":
      return emit(m, "child.started", { step: of.key, child: m.around.newId() });
    default:
      return of.step satisfies never;
  }
}

function isBusy(state: RunState): boolean {
  if (state.open.size > 0 || state.todo.size > 0 || state.early.size > 0) return true;
  for (const { purpose } of state.timers.entries.values()) if (purpose !== "preview") return true;
  for (const key of state.waiting) if (state.steps.get(key)?.child?.ended === false) return true;
  return false;
}
