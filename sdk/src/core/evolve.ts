import { awaitedAnswer } from "../asking.ts";
import type { Actor, EventType, Operation, RunEvent } from "../events.ts";
import type { Digest, Json } from "../json.ts";
import { touchesWorld, type Fact, type Plan, type Step } from "../plan.ts";
import type { Inspection, Preview, Undone } from "../tool.ts";
import { graphOf } from "./graph.ts";
import { isEarly } from "./harmless.ts";
import type { RunState, StepState } from "./state.ts";
import { createTimers, startTimer } from "./timers.ts";
import { toolOf } from "./tool-of.ts";

export interface RunSeed {
  id: string;
  plan: Plan;
  planDigest: Digest;
  requester: Actor;
}

/** State before the first event. @throws the errors of `graphOf` for a plan that makes no sense. */
export function createRun(seed: RunSeed): RunState {
  const graph = graphOf(seed.plan);
  const state: RunState = {
    ...seed,
    seq: 0,
    phase: "queued",
    parties: [],
    dryRun: false,
    deadlineAt: null,
    graph,
    steps: new Map(),
    ready: new Set(),
    early: new Set(),
    todo: new Set(),
    timers: createTimers(),
    limited: new Set(),
    waiting: new Set(),
    open: new Map(),
    unsettled: seed.plan.steps.length,
    gates: new Map(),
    recheck: new Set(),
    signals: new Map(),
    paused: null,
    halted: null,
    frozen: null,
    freezeOverride: null,
    cancel: null,
    failure: null,
    undo: null,
    status: null,
    finalError: null,
    formerStatus: null,
  };
  for (const step of seed.plan.steps) {
    const blockedBy = graph.dependencies.get(step.id)?.size ?? 0;
    const one = createStep(step.id, step, blockedBy);
    state.steps.set(step.id, one);
    if (blockedBy === 0) setReady(state, one, true);
  }
  for (const id of graph.order) {
    const fact = graph.facts.get(id);
    if (fact) adopt(state, stepOf(state, id), fact);
  }
  return state;
}

/** Settled before the run begins. */
function adopt(state: RunState, step: StepState, { status, output }: Fact): void {
  Object.assign(step, { status, output });
  settle(state, step);
}

/** Folds one event into the state, in place. Events that a state can't take are bugs and throw. */
export function evolve(state: RunState, event: RunEvent): RunState {
  if (event.seq !== state.seq + 1) throw new Error(`Run ${state.id}: event ${event.seq} can't follow ${state.seq}.`);
  state.seq = event.seq;
  (fold[event.type] as (state: RunState, event: RunEvent) => void)(state, event);
  if ("step" in event.data && event.type !== "run.failing") note(state, stepOf(state, event.data.step));
  return state;
}

const fold: { [T in EventType]: (state: RunState, event: RunEvent<T>) => void } = {
  "run.created": (state, { data }) => {
    state.dryRun = data.dryRun === true;
    state.parties = data.planners ?? [];
    if (!state.dryRun) return;
    for (const key of state.ready) setReady(state, stepOf(state, key), true);
  },
  "run.started": (state, { data }) => {
    state.phase = state.dryRun || state.graph.touching.length > 0 ? "preparing" : "executing";
    state.deadlineAt = data.deadlineAt;
  },
  "run.paused": (state, { at, data }) => {
    state.paused = { since: at, reason: data.reason };
  },
  "run.resumed": (state) => {
    state.paused = null;
  },
  "run.halted": (state, { at, data }) => {
    state.halted = { since: at, ...data };
  },
  "run.unhalted": (state) => {
    state.halted = null;
  },
  "run.frozen": (state, { at, data }) => {
    state.frozen = { since: at, ...data };
  },
  "run.unfrozen": (state) => {
    state.frozen = null;
  },
  "run.freeze_overridden": (state, { data }) => {
    state.freezeOverride = { until: data.until };
  },
  "run.cancel_requested": (state, { data }) => {
    state.cancel = data;
    state.paused = null;
  },
  "run.deadline_passed": (state) => {
    state.deadlineAt = null;
  },
  "run.failing": (state, { data }) => {
    state.failure = data;
  },
  "run.retried": (state, { actor, data }) => {
    state.parties = [...state.parties, { role: "retrier", id: actor.id, name: actor.name }];
    Object.assign(state, { status: null, finalError: null, failure: null, cancel: null, undo: null });
    for (const key of data.steps) restart(state, stepOf(state, key));
    const gate = [...state.gates.values()].findLast((one) => one.changeSet.gate === "run");
    const covered = state.graph.touching.length === 0 || gate?.status === "approved";
    state.phase = covered && !state.dryRun ? "executing" : "preparing";
    if (state.phase === "preparing") clearPreviews(state);
  },
  "run.undo_started": (state, { data, actor }) => {
    Object.assign(state, {
      phase: "undoing",
      status: null,
      finalError: null,
      undo: { ...data, by: actor },
      paused: null,
    });
    for (const key of Array.from(state.limited)) endLimit(state, stepOf(state, key));
    for (const key of data.steps) stepOf(state, key).undo = { status: "pending", undone: null };
  },
  "run.finished": (state, { data }) => {
    state.phase = "done";
    state.status = data.status;
    state.finalError = data.error;
    state.formerStatus = null;
    state.paused = null;
    state.halted = null;
    state.frozen = null;
    state.deadlineAt = null;
    for (const key of Array.from(state.timers.entries.keys())) setTimer(state, stepOf(state, key), null);
    state.todo.clear();
    for (const key of Array.from(state.limited)) endLimit(state, stepOf(state, key));
  },
  "run.suspected": () => {},

  "step.skipped": (state, { data }) => {
    const step = stepOf(state, data.step);
    step.status = "skipped";
    settle(state, step);
  },
  "step.expanded": (state, { data }) => {
    const step = stepOf(state, data.step);
    step.status = "running";
    setReady(state, step, false);
    step.items = data.items.map((_item, index) => `${step.key}[${index}]`);
    step.itemsLeft = step.items.length;
    for (const [index, value] of data.items.entries()) {
      const key = step.items[index] as string;
      state.steps.set(key, { ...createStep(key, step.step, 0), item: { value, index, parent: step.key } });
    }
    if (step.itemsLeft === 0) finishLoop(state, step);
    else if (step.blockedBy === 0) releaseItems(state, step);
  },
  "step.failed": (state, { data }) => {
    const step = stepOf(state, data.step);
    step.status = "failed";
    step.error = data.error;
    settle(state, step);
  },
  "step.retry_scheduled": (state, { data }) => {
    const step = stepOf(state, data.step);
    if (data.operation === "run") step.status = "waiting";
    step.dueFor = data.operation;
    setTimer(state, step, data.dueAt);
  },
  "step.waiting": (state, { data }) => {
    const step = stepOf(state, data.step);
    step.status = "waiting";
    setReady(state, step, false);
    step.waitsFor = data.signal === null ? null : { signal: data.signal };
    step.dueFor = null;
    setTimer(state, step, data.dueAt);
  },
  "step.wait_ended": (state, { data }) => {
    const step = stepOf(state, data.step);
    const { waitsFor } = step;
    if (waitsFor && "signal" in waitsFor) takeSignal(state, waitsFor.signal);
    step.waitsFor = null;
    succeed(state, step, data.payload);
  },
  "step.slot_awaited": (state, { data }) => {
    stepOf(state, data.step).waitsFor = { slot: data.key };
  },
  "step.limit_awaited": (state, { at, data }) => {
    const step = stepOf(state, data.step);
    const { operation } = data;
    const since = step.limit?.operation === operation ? step.limit.since : at;
    step.limit = { ...data.limit, operation, since };
    state.limited.add(step.key);
    // Its time to be tried again has come; from now on only the limit is in the way.
    if (step.dueFor !== operation || step.dueAt === null) return;
    setTimer(state, step, null);
    step.dueFor = null;
    if (operation === "run") {
      step.status = "pending";
      setReady(state, step, true);
    } else if (operation === "undo") step.undo = { status: "pending", undone: null };
    else if (operation !== "preview") state.todo.add(step.key);
  },
  "step.outcome_unclear": (state, { data }) => {
    const step = stepOf(state, data.step);
    step.needsPerson = true;
    endLimit(state, step);
    state.todo.delete(step.key);
    setTimer(state, step, null);
  },
  "step.undo_skipped": (state, { data }) => {
    stepOf(state, data.step).undo = { status: "skipped", undone: { summary: data.reason, left: [] } };
  },

  "attempt.started": (state, { at, data }) => {
    const step = stepOf(state, data.step);
    const { attemptId: id, operation, number, timeoutMs, worker, host, changeSet } = data;
    state.open.set(id, { id, step: step.key, operation, number, startedAt: at, timeoutMs, worker, host, changeSet });
    setTimer(state, step, null);
    if (step.limit) endLimit(state, step);
    step.tries[operation] += 1;
    if (operation === "inspect" || operation === "verify") state.todo.delete(step.key);
    if (operation === "run") {
      setReady(state, step, false);
      Object.assign(step, {
        status: "running",
        attemptId: id,
        attemptHost: host,
        error: null,
        interrupted: null,
        waitsFor: null,
        needsPerson: false,
      });
      Object.assign(step.tries, { verify: 0, inspect: 0 });
      const gate = changeSet === null ? undefined : state.gates.get(changeSet);
      if (gate) gate.begun = true;
      step.touched ||= touchesWorld(step.preview?.effect ?? toolOf(state, step)?.effect ?? "reads");
    }
    if (operation === "undo") step.undo = { status: "running", undone: null };
  },
  "attempt.noted": (state, { data: { step: key, operation, note: noted } }) => {
    const step = stepOf(state, key);
    step.notes = { ...step.notes, [operation]: [...(step.notes?.[operation] ?? []), noted] };
  },
  "attempt.succeeded": (state, { data }) => {
    const step = stepOf(state, data.step);
    state.open.delete(data.attemptId);
    forgetNotes(step, data.operation);
    switch (data.operation) {
      case "preview":
        // A second preview that differs stays unread: decide voids the change set.
        if (state.recheck.has(step.key)) state.recheck.delete(step.key);
        else step.preview = data.output as Preview;
        return;
      case "run":
        return afterRun(state, step, data.output);
      case "verify":
        return succeed(state, step, step.output);
      case "inspect":
        step.needsPerson ||= (data.output as Inspection).status === "unknown";
        return;
      case "undo":
        step.undo = { status: "done", undone: data.output as Undone };
        return;
      default:
        return data.operation satisfies never;
    }
  },
  "attempt.failed": (state, { data }) => {
    const step = stepOf(state, data.step);
    state.open.delete(data.attemptId);
    step.error = data.error;
    // To ask isn't to fail: it counts as no try.
    if (awaitedAnswer(data.error)) step.tries[data.operation] -= 1;
    if (data.operation === "undo") step.undo = { status: "failed", undone: null };
  },
  "attempt.unknown": (state, { data }) => {
    const step = stepOf(state, data.step);
    state.open.delete(data.attemptId);
    step.status = "unknown";
    step.interrupted = data.error;
    const tool = toolOf(state, step);
    if (tool?.inspect) state.todo.add(step.key);
    else step.needsPerson = !tool?.idempotent;
  },
  "attempt.settled": (state, { data }) => {
    const step = stepOf(state, data.step);
    step.needsPerson = false;
    endLimit(state, step);
    state.todo.delete(step.key);
    setTimer(state, step, null);
    if (data.outcome === "done") {
      forgetNotes(step, "run");
      return afterRun(state, step, data.output);
    }
    // It never happened: the step is as if that attempt had not been.
    step.status = "pending";
    step.tries.run -= 1;
    if (step.tries.run === 0) step.touched = false;
    setReady(state, step, true);
  },

  "child.started": (state, { data }) => {
    const step = stepOf(state, data.step);
    setReady(state, step, false);
    step.status = "running";
    step.touched = !state.dryRun;
    step.child = { id: data.child, ended: false };
  },
  "child.ended": (state, { data }) => {
    const step = stepOf(state, data.step);
    if (step.child) step.child.ended = true;
    if (step.undo?.status === "running") {
      step.undo = { ...step.undo, status: data.status === "undone" ? "done" : "failed" };
      return;
    }
    if (data.status === "succeeded") succeed(state, step, data.outputs);
    // Shown, not done: what stands behind it has nothing to go on with.
    else if (data.status === "previewed") step.status = "pending";
    else step.error = data.error;
  },
  "child.undo_requested": (state, { data }) => {
    const step = stepOf(state, data.step);
    step.undo = { status: "running", undone: null };
    if (step.child) step.child.ended = false;
  },

  "change_set.created": (state, { data, at }) => {
    const { hash, changeSet, decision, expiresAt, escalation = null } = data;
    const status = state.dryRun ? "previewed" : "open";
    const nothingYet = { approvals: [], comments: [], escalated: false, begun: false };
    state.gates.set(hash, { hash, changeSet, decision, createdAt: at, expiresAt, status, escalation, ...nothingYet });
    if (state.dryRun) return;
    if (changeSet.gate === "run") state.phase = "gate";
    else if (changeSet.gate === "undo") {
      state.phase = "gate";
      state.formerStatus = state.status;
      state.status = null;
    } else {
      const step = stepOf(state, changeSet.gate);
      setReady(state, step, false);
      step.status = "waiting";
      step.waitsFor = { gate: hash };
    }
  },
  "change_set.approved": (state, { data }) => {
    const gate = gateOf(state, data.hash);
    gate.status = "approved";
    if (gate.changeSet.gate !== "run") return;
    state.phase = "executing";
    // People take their time; what they approved is looked at once more before anything changes.
    if (gate.approvals.length > 0)
      for (const entry of gate.changeSet.entries) if (entry.preview) state.recheck.add(entry.step);
  },
  "change_set.rejected": (state, { data }) => {
    gateOf(state, data.hash).status = "rejected";
  },
  "change_set.expired": (state, { data }) => {
    gateOf(state, data.hash).status = "expired";
  },
  "change_set.voided": (state, { data }) => {
    const gate = gateOf(state, data.hash);
    gate.status = "voided";
    if (gate.changeSet.gate !== "run") return;
    state.phase = "preparing";
    clearPreviews(state);
  },
  "approval.recorded": (state, { at, actor, data }) => {
    const { hash, group, reason, person = actor.id, onBehalfOf = null, proof = null, record = null } = data;
    gateOf(state, hash).approvals.push({ actor, group, at, reason, person, onBehalfOf, proof, record });
  },
  "approval.escalated": (state, { data }) => {
    gateOf(state, data.hash).escalated = true;
  },
  "change_set.commented": (state, { at, actor, data }) => {
    gateOf(state, data.hash).comments.push({ actor, text: data.text, at });
  },

  "signal.received": (state, { data }) => {
    const waiting = state.signals.get(data.name) ?? [];
    waiting.push(data.payload);
    state.signals.set(data.name, waiting);
  },
  "command.refused": () => {},
};

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

function stepOf(state: RunState, key: string): StepState {
  const step = state.steps.get(key);
  if (!step) throw new Error(`Run ${state.id} has no step ${key}.`);
  return step;
}

function gateOf(state: RunState, hash: Digest) {
  const gate = state.gates.get(hash);
  if (!gate) throw new Error(`Run ${state.id} has no change set ${hash}.`);
  return gate;
}

function setReady(state: RunState, step: StepState, ready: boolean): void {
  if (ready) state.ready.add(step.key);
  else state.ready.delete(step.key);
  if (ready && isEarly(state, step)) state.early.add(step.key);
  else if (state.early.size > 0) state.early.delete(step.key);
}

/** For what `dueFor` says. */
function setTimer(state: RunState, step: StepState, dueAt: number | null): void {
  step.dueAt = dueAt;
  if (dueAt === null) state.timers.entries.delete(step.key);
  else startTimer(state.timers, step.key, dueAt, step.dueFor ?? "wait");
}

function endLimit(state: RunState, step: StepState): void {
  if (!step.limit) return;
  step.limit = null;
  state.limited.delete(step.key);
  note(state, step);
}

/** Whether the step waits for something outside, so that nobody needs to look through all of them. */
function note(state: RunState, step: StepState): void {
  const { waitsFor, child, status } = step;
  const outside = waitsFor !== null && !("gate" in waitsFor);
  if (outside || step.needsPerson || step.limit || status === "unknown" || (child && !child.ended))
    state.waiting.add(step.key);
  else if (state.waiting.size > 0) state.waiting.delete(step.key);
}

/** The operation is done: nobody goes on from what its attempts wrote down. */
function forgetNotes(step: StepState, operation: Operation): void {
  if (!step.notes?.[operation]) return;
  const { [operation]: _done, ...left } = step.notes;
  step.notes = Object.keys(left).length === 0 ? null : left;
}

function afterRun(state: RunState, step: StepState, output: Json): void {
  step.output = output;
  if (toolOf(state, step)?.verify) {
    step.status = "verifying";
    state.todo.add(step.key);
  } else succeed(state, step, output);
}

function succeed(state: RunState, step: StepState, output: Json): void {
  step.output = output;
  step.status = "succeeded";
  step.error = null;
  settle(state, step);
}

/** The step needs nothing more; what waited for it may go on. A failed one unblocks nobody. */
function settle(state: RunState, step: StepState): void {
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

function releaseItems(state: RunState, loop: StepState): void {
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

function finishLoop(state: RunState, loop: StepState): void {
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

function takeSignal(state: RunState, name: string): void {
  const waiting = state.signals.get(name);
  waiting?.shift();
  if (waiting?.length === 0) state.signals.delete(name);
}

/** Back to before its first try. What ran and was not verified is verified, not run again. */
function restart(state: RunState, step: StepState): void {
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

function clearPreviews(state: RunState): void {
  state.recheck.clear();
  for (const step of state.steps.values()) if (!step.touched) step.preview = null;
}
