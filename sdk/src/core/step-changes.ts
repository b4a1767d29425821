// What events do to the steps of a run. Only `evolve` changes a state; this is the lower half of it.
import type { Operation } from "../events.ts";
import type { Digest, Json } from "../json.ts";
import type { Step } from "../plan.ts";
import { isEarly } from "./harmless.ts";
import type { Gate, RunState, StepState } from "./state.ts";
import { startTimer } from "./timers.ts";
import { toolOf } from "./tool-of.ts";

export function createStep(key: string, step: Step, blockedBy: number): StepState {
  return {
    key,
    step,
    status: "pending",
    blockedBy,
    items: null,
    itemsLeft: 0,
    itemsActive: 0,
    nextItem: 0,
    tries: { preview: 0, run: 0, inspect: 0, verify: 0, undo: 0 },
    notes: null,
    attemptId: null,
    attemptHost: null,
    touched: false,
    output: null,
    error: null,
    interrupted: null,
    preview: null,
    dueAt: null,
    dueFor: null,
    waitsFor: null,
    needsPerson: false,
    limit: null,
    child: null,
    undo: null,
  };
}

export function stepOf(state: RunState, key: string): StepState {
  const step = state.steps.get(key);
  if (!step) throw new Error(`Run ${state.id} has no step ${key}.`);
  return step;
}

export function gateOf(state: RunState, hash: Digest): Gate {
  const gate = state.gates.get(hash);
  if (!gate) throw new Error(`Run ${state.id} has no change set ${hash}.`);
  return gate;
}

export function setReady(state: RunState, step: StepState, ready: boolean): void {
  if (ready) state.ready.add(step.key);
  else state.ready.delete(step.key);
  if (ready && isEarly(state, step)) state.early.add(step.key);
  else if (state.early.size > 0) state.early.delete(step.key);
}

/** For what `dueFor` says. */
export function setTimer(state: RunState, step: StepState, dueAt: number | null): void {
  step.dueAt = dueAt;
  if (dueAt === null) state.timers.entries.delete(step.key);
  else startTimer(state.timers, step.key, dueAt, step.dueFor ?? "wait");
}

export function endLimit(state: RunState, step: StepState): void {
  if (!step.limit) return;
  step.limit = null;
  state.limited.delete(step.key);
  note(state, step);
}

/** Whether the step waits for something outside, so that nobody needs to look through all of them. */
export function note(state: RunState, step: StepState): void {
  const { waitsFor, child, status } = step;
  const outside = waitsFor !== null && !("gate" in waitsFor);
  if (outside || step.needsPerson || step.limit || status === "unknown" || (child && !child.ended))
    state.waiting.add(step.key);
  else if (state.waiting.size > 0) state.waiting.delete(step.key);
}

/** The operation is done: nobody goes on from what its attempts wrote down. */
export function forgetNotes(step: StepState, operation: Operation): void {
  if (!step.notes?.[operation]) return;
  const { [operation]: _done, ...left } = step.notes;
  step.notes = Object.keys(left).length === 0 ? null : left;
}

export function afterRun(state: RunState, step: StepState, output: Json): void {
  step.output = output;
  if (toolOf(state, step)?.verify) {
    step.status = "verifying";
    state.todo.add(step.key);
  } else succeed(state, step, output);
}

export function succeed(state: RunState, step: StepState, output: Json): void {
  step.output = output;
  step.status = "succeeded";
  step.error = null;
  settle(state, step);
}

/** The step needs nothing more; what waited for it may go on. A failed one unblocks nobody. */
export function settle(state: RunState, step: StepState): void {
  setReady(state, step, false);
  state.todo.delete(step.key);
  setTimer(state, step, null);
  endLimit(state, step);
  step.waitsFor = null;
  if (step.item) {
    const loop = stepOf(state, step.item.parent);
    if (isReleased(state, step)) loop.itemsActive -= 1;
    loop.itemsLeft -= 1;
    if (loop.itemsLeft === 0) finishLoop(state, loop);
    else releaseItems(state, loop);
    return;
  }
  if (step.status === "failed") return;
  state.unsettled -= 1;
  for (const id of state.graph.dependents.get(step.key) ?? []) {
    const next = stepOf(state, id);
    next.blockedBy -= 1;
    if (next.blockedBy > 0) continue;
    if (next.items) releaseItems(state, next);
    else if (next.status === "pending") setReady(state, next, true);
  }
}

export function releaseItems(state: RunState, loop: StepState): void {
  const limit = loop.step.parallel ?? Number.POSITIVE_INFINITY;
  while (loop.items && loop.blockedBy === 0 && loop.nextItem < loop.items.length && loop.itemsActive < limit) {
    const item = stepOf(state, loop.items[loop.nextItem] as string);
    loop.nextItem += 1;
    // Skipped, or failed in its preview, before its turn came.
    if (item.status !== "pending") continue;
    setReady(state, item, true);
    loop.itemsActive += 1;
  }
}

/** False for an item whose turn has not come: it is neither ready nor counted as active. */
function isReleased(state: RunState, { item }: StepState): boolean {
  return item === undefined || item.index < stepOf(state, item.parent).nextItem;
}

export function finishLoop(state: RunState, loop: StepState): void {
  const items = (loop.items ?? []).map((key) => stepOf(state, key));
  const failed = items.find((item) => item.status === "failed");
  if (!failed)
    return succeed(
      state,
      loop,
      items.map((item) => item.output),
    );
  loop.status = "failed";
  loop.error = failed.error;
}

export function takeSignal(state: RunState, name: string): void {
  const waiting = state.signals.get(name);
  waiting?.shift();
  if (waiting?.length === 0) state.signals.delete(name);
}

/** Back to before its first try. What ran and was not verified is verified, not run again. */
export function restart(state: RunState, step: StepState): void {
  endLimit(state, step);
  step.error = null;
  step.notes = null;
  Object.assign(step.tries, { preview: 0, run: 0, inspect: 0, verify: 0, undo: 0 });
  if (step.status === "verifying") {
    state.todo.add(step.key);
    return;
  }
  if (step.item && step.status === "failed") {
    const loop = stepOf(state, step.item.parent);
    Object.assign(loop, {
      status: "running",
      error: null,
      interrupted: null,
      itemsLeft: loop.itemsLeft + 1,
      itemsActive: loop.itemsActive + (isReleased(state, step) ? 1 : 0),
    });
  }
  step.status = "pending";
  step.child = null;
  step.waitsFor = null;
  note(state, step);
  if (step.blockedBy === 0 && isReleased(state, step)) setReady(state, step, true);
}

export function clearPreviews(state: RunState): void {
  state.recheck.clear();
  for (const step of state.steps.values()) if (!step.touched) step.preview = null;
}
