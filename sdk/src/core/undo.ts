import { touchesWorld } from "../plan.ts";
import { isHeldByFreeze } from "./freeze.ts";
import { emit, startAttempt, step, type Machine } from "./machine.ts";
import type { Gate, RunState, StepState } from "./state.ts";
import { toolOf } from "./tool-of.ts";

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
  if (!state.undo) return;
  const gate = state.undo.automatic ? undefined : undoGate(state);
  if (gate?.status === "voided") return stopUndo(m);
  let held = false;
  const standing = standingOf(m, state.undo);
  for (const [id, keys] of standing) {
    const behind = state.graph.descendants(id);
    if (behind.size > 0 && [...standing.keys()].some((other) => behind.has(other))) continue;
    for (const key of keys) {
      const one = step(m, key);
      if (m.capacity <= 0) return;
      const due =
        one.undo?.status === "failed" && one.dueFor === "undo" && one.dueAt !== null && one.dueAt <= around.now;
      if (isUndoSettled(one)) keys.delete(key);
      if (one.undo?.status !== "pending" && !due) continue;
      // What a failed change left half done is put back, frozen or not; undoing a finished one is a change like any other.
      if (!state.undo.automatic && isHeldByFreeze(m)) return;
      if (one.step.kind !== "run") {
        startAttempt(m, one, "undo", gate?.hash ?? null);
        // A limit is in the way.
        held ||= one.undo?.status === "pending";
      } else if (one.child) emit(m, "child.undo_requested", { step: one.key, child: one.child.id });
    }
  }
  if (held || state.open.size > 0) return;
  for (const keys of standing.values()) {
    for (const key of keys) {
      const one = step(m, key);
      if (one.undo?.status === "running" || (one.undo?.status === "failed" && one.dueAt !== null)) return;
    }
  }
  finishUndo(
    m,
    state.undo.steps.map((key) => step(m, key)),
  );
}

/** Who approved it can't any more: what is under way comes to its end, and the rest has to be asked for again. */
function stopUndo(m: Machine): void {
  if (m.state.open.size > 0) return;
  const message = "Its approval doesn't hold any more, so it stopped half done. Look at what is left, then undo again.";
  emit(m, "run.finished", {
    status: "undo_incomplete",
    error: { code: "approval_void", message, retryable: true },
  });
}

function undoGate({ gates }: RunState): Gate | undefined {
  return [...gates.values()].findLast(({ changeSet }) => changeSet.gate === "undo");
}

/** What is still to be undone, by step of the plan; kept with the undo, as looking at 10,000 items for each one is quadratic. */
function standingOf(m: Machine, undo: NonNullable<RunState["undo"]>): Map<string, Set<string>> {
  let kept = standings.get(m.state);
  if (kept?.undo !== undo) {
    const keys = Map.groupBy(undo.steps, (key) => step(m, key).step.id);
    kept = { undo, standing: new Map([...keys].map(([id, some]) => [id, new Set(some)])) };
    standings.set(m.state, kept);
  }
  const { standing } = kept;
  for (const [id, keys] of standing) {
    for (const key of keys) {
      if (!isUndoSettled(step(m, key))) break;
      keys.delete(key);
    }
    if (keys.size === 0) standing.delete(id);
  }
  return standing;
}

const standings = new WeakMap<RunState, { undo: NonNullable<RunState["undo"]>; standing: Map<string, Set<string>> }>();

const namesShown = 20;

function finishUndo(m: Machine, all: readonly StepState[]): void {
  const left = all.filter((one) => !isUndone(m.state, one));
  const status = left.length === 0 ? "undone" : "undo_incomplete";
  const more = left.length > namesShown ? ` and ${left.length - namesShown} more` : "";
  const names =
    left
      .slice(0, namesShown)
      .map((one) => one.key)
      .join(", ") + more;
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
