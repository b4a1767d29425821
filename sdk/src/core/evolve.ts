import { awaitedAnswer } from "../asking.ts";
import type { EventType, RunEvent } from "../events.ts";
import { touchesWorld } from "../plan.ts";
import type { Inspection, Preview, Undone } from "../tool.ts";
import type { RunState } from "./state.ts";
import {
  afterRun,
  clearPreviews,
  createStep,
  endLimit,
  finishLoop,
  forgetNotes,
  gateOf,
  note,
  releaseItems,
  restart,
  setReady,
  setTimer,
  settle,
  stepOf,
  succeed,
  takeSignal,
} from "./step-changes.ts";
import { toolOf } from "./tool-of.ts";

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
