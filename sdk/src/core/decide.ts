import { answeredSignal, awaitedAnswer } from "../asking.ts";
import type { ErrorData } from "../error-data.ts";
import type { Operation, RunEvent } from "../events.ts";
import { digestOf, type Digest, type Json } from "../json.ts";
import { touchesWorld } from "../plan.ts";
import type { Inspection, Verification } from "../tool.ts";
import type { Usage } from "../usage.ts";
import { isAwaited, isStartable } from "./awaited.ts";
import { command, findWaiting } from "./command.ts";
import { rehearse } from "./dry-run.ts";
import { freezeOver } from "./freeze.ts";
import { approvedGate, entriesOf, openGateOf } from "./gate.ts";
import type { AttemptReport, RunInput, Surroundings } from "./input.ts";
import { backOff, emit, failStep, retryOf, step, type Machine } from "./machine.ts";
import { denial, startFacts } from "./plan-policy.ts";
import { continueOperations, schedule } from "./schedule.ts";
import type { OpenAttempt, RunState, StepState } from "./state.ts";
import { dueTimers } from "./timers.ts";
import { toolOf } from "./tool-of.ts";
import { beginUndo, scheduleUndo } from "./undo.ts";

const inspectionRetry = { attempts: 5, initialMs: 1_000, factor: 3, maxMs: 300_000 };
const undoRetry = { attempts: 3, initialMs: 1_000, factor: 3, maxMs: 60_000 };

/**
 * What follows from an input: the events to append. The state has already been moved on by them; whoever can't commit
 * them must forget the state and fold the stored history again. Nothing may be started before its event is committed.
 */
export function decide(state: RunState, input: RunInput, around: Surroundings): RunEvent[] {
  const m: Machine = { state, around, events: [], capacity: around.capacity };
  take(m, input);
  progress(m);
  return m.events;
}

function take(m: Machine, input: RunInput): void {
  switch (input.kind) {
    case "advance":
      return;
    case "attempt_noted":
      return noted(m, input.attemptId, input.note);
    case "attempt_succeeded":
      return report(m, input.attemptId, { outcome: "succeeded", output: input.output, usage: input.usage });
    case "attempt_failed":
      return report(m, input.attemptId, {
        outcome: "failed",
        error: input.error,
        uncertain: input.uncertain,
        usage: input.usage,
      });
    case "report":
      return report(m, input.attemptId, input.result);
    case "attempt_lost":
      return lost(m, input.attemptId, input.reason);
    case "slot_busy": {
      const waiting = step(m, input.step).waitsFor;
      if (waiting && "slot" in waiting && waiting.slot === input.key) return;
      return emit(m, "step.slot_awaited", { step: input.step, key: input.key, holder: input.holder });
    }
    case "limited":
      return limited(m, input);
    case "exhausted":
      if (isStartable(m.state, step(m, input.step))) failStep(m, step(m, input.step), input.error);
      return;
    case "gate_refused":
      return gateRefused(m, input.hash, input.reason);
    case "suspect":
      return emit(m, "run.suspected", { crashes: input.crashes });
    case "quarantine":
      if (m.state.status === null) emit(m, "run.finished", { status: "quarantined", error: input.error });
      return;
    default:
      return command(m, input);
  }
}

/** What was approved doesn't hold any more. A run that changes things is asked about anew; an undo has to be asked for again. */
function gateRefused(m: Machine, hash: Digest, reason: string): void {
  const gate = m.state.gates.get(hash);
  if (gate?.status !== "approved" && gate?.status !== "open") return;
  emit(m, "change_set.voided", { hash, reason });
  const { gate: kind } = gate.changeSet;
  if (kind === "run") return;
  const error = { code: "approval_void", message: reason, retryable: false };
  if (kind !== "undo") {
    const waiting = step(m, kind);
    if (waiting.status === "waiting") failStep(m, waiting, error);
  } else if (m.state.phase === "gate") emit(m, "run.finished", { status: m.state.formerStatus ?? "failed", error });
}

/** The step waits for a limit: said once, and again when it is another one or another time. */
function limited(m: Machine, { step: key, operation, limit }: Extract<RunInput, { kind: "limited" }>): void {
  const of = step(m, key);
  if (m.state.status !== null || !isAwaited(m.state, of, operation)) return;
  const same = of.limit?.operation === operation && of.limit.id === limit.id && of.limit.until === limit.until;
  if (!same) emit(m, "step.limit_awaited", { step: key, operation, limit });
}

/** Of an attempt that has ended for the run nothing is written down: another one may be at work already. */
function noted(m: Machine, attemptId: string, note: Json): void {
  const attempt = m.state.open.get(attemptId);
  if (attempt) emit(m, "attempt.noted", { attemptId, step: attempt.step, operation: attempt.operation, note });
}

/** What an attempt came to. The first report counts; one of an attempt that is settled is old news. */
function report(m: Machine, attemptId: string, result: AttemptReport): void {
  const attempt = m.state.open.get(attemptId);
  if (!attempt) return lateReport(m, attemptId, result);
  const of = step(m, attempt.step);
  if (result.outcome === "succeeded") return succeeded(m, attempt, of, result.output, result.usage);
  const touching = touchesWorld(toolOf(m.state, of)?.effect ?? "reads");
  if (attempt.operation === "run" && touching && result.uncertain)
    return unknown(m, attempt, of, result.error.message, result.error);
  failed(m, attempt, of, result.error, result.usage);
}

function succeeded(m: Machine, attempt: OpenAttempt, of: StepState, output: Json, usage: Usage | undefined): void {
  const { id: attemptId, operation } = attempt;
  const event = { attemptId, step: of.key, operation, output, ...(usage && { usage }) };
  if (operation === "preview" && m.state.recheck.has(of.key)) {
    const gate = approvedGate(m.state);
    const shown = gate && entriesOf(gate).get(of.key)?.preview;
    emit(m, "attempt.succeeded", event);
    if (gate && shown && digestOf(shown) !== digestOf(output)) {
      emit(m, "change_set.voided", {
        hash: gate.hash,
        reason: `The preview of step ${of.key} is not the one that was approved.`,
      });
    }
    return;
  }
  if (operation === "verify") {
    const bad = (output as Verification).probes.filter((probe) => !probe.passed);
    if (bad.length > 0) {
      const what = bad.map((probe) => `${probe.name}: expected ${probe.expected}, got ${probe.actual}`).join("; ");
      const error = {
        code: "verification_failed",
        message: `Step ${of.key} ran but did not verify: ${what}.`,
        retryable: true,
        details: { probes: bad },
      };
      return failed(m, attempt, of, error, usage);
    }
  }
  emit(m, "attempt.succeeded", event);
  if (operation === "inspect" && of.status === "unknown") inspected(m, of, output as Inspection);
}

function failed(m: Machine, attempt: OpenAttempt, of: StepState, error: ErrorData, usage: Usage | undefined): void {
  const { id: attemptId, operation } = attempt;
  emit(m, "attempt.failed", { attemptId, step: of.key, operation, error, ...(usage && { usage }) });
  afterFailure(m, of, operation, error);
}

/** Tries again as often as the plan says, then gives up. */
function afterFailure(m: Machine, of: StepState, operation: Operation, error: ErrorData): void {
  const retry = operation === "inspect" ? inspectionRetry : operation === "undo" ? undoRetry : retryOf(m, of);
  const tries = of.tries[operation];
  const again = tries < retry.attempts && (error.retryable || operation === "inspect");
  const windingDown = m.state.failure !== null || m.state.cancel !== null;
  const awaited = operation === "inspect" || windingDown ? null : awaitedAnswer(error);
  if (awaited) {
    const dueAt = hasAnswer(m.state, awaited.question) ? m.around.now : awaited.until;
    return emit(m, "step.retry_scheduled", { step: of.key, operation, dueAt });
  }
  if (again && (operation === "inspect" || operation === "undo" || !windingDown)) {
    return emit(m, "step.retry_scheduled", { step: of.key, operation, dueAt: backOff(m, retry, tries) });
  }
  if (operation === "inspect") return needPerson(m, of, error.message);
  if (operation !== "undo") failStep(m, of, error);
}

/** Somebody may have been quicker than the attempt's end. */
function hasAnswer({ signals }: RunState, question: string): boolean {
  const told = signals.get(answeredSignal) ?? [];
  return told.some((payload) => (payload as { question?: unknown } | null)?.question === question);
}

/** The end of a try that nobody saw. Reads are simply done again; what may have changed the world is looked at first. */
function lost(m: Machine, attemptId: string, reason: string): void {
  const attempt = m.state.open.get(attemptId);
  if (!attempt) return;
  const of = step(m, attempt.step);
  const tool = toolOf(m.state, of);
  if (attempt.operation === "run" && touchesWorld(tool?.effect ?? "reads"))
    return unknown(m, attempt, of, reason, null);
  const { operation } = attempt;
  const error = { code: "attempt_lost", message: reason, retryable: true };
  emit(m, "attempt.failed", { attemptId, step: of.key, operation, error });
  emit(m, "step.retry_scheduled", { step: of.key, operation, dueAt: m.around.now });
}

function unknown(m: Machine, attempt: OpenAttempt, of: StepState, reason: string, error: ErrorData | null): void {
  emit(m, "attempt.unknown", { attemptId: attempt.id, step: of.key, operation: attempt.operation, reason, error });
  const tool = toolOf(m.state, of);
  if (tool?.inspect || !tool?.idempotent) return;
  if (error) afterFailure(m, of, "run", error);
  else emit(m, "step.retry_scheduled", { step: of.key, operation: "run", dueAt: m.around.now });
}

function inspected(m: Machine, of: StepState, verdict: Inspection): void {
  const settled = { attemptId: of.attemptId ?? "", step: of.key, operation: "run" as const, by: "inspection" as const };
  switch (verdict.status) {
    case "done":
      return emit(m, "attempt.settled", { ...settled, outcome: "done", output: verdict.output });
    case "not_done":
      // It failed with what it had reported. A tool that always takes too long would otherwise be tried for ever.
      if (of.interrupted) return afterFailure(m, of, "run", of.interrupted);
      return emit(m, "attempt.settled", { ...settled, outcome: "not_done", output: null });
    case "running":
      return emit(m, "step.retry_scheduled", {
        step: of.key,
        operation: "inspect",
        dueAt: backOff(m, inspectionRetry, of.tries.inspect),
      });
    case "unknown":
      return;
    default:
      return verdict satisfies never;
  }
}

/** Inspecting failed too often; the event says so in the same form as an inspection that can't tell. */
function needPerson(m: Machine, of: StepState, message: string): void {
  emit(m, "step.outcome_unclear", { step: of.key, reason: message });
}

/** A worker that had lost the run tells what it saw of an attempt whose outcome was unknown until now. */
function lateReport(m: Machine, attemptId: string, result: AttemptReport): void {
  const of = findWaiting(m, (one) => one.attemptId === attemptId);
  if (of?.status !== "unknown") return;
  const attempt = { attemptId, step: of.key, operation: "run" as const };
  if (result.outcome === "succeeded")
    return emit(m, "attempt.settled", { ...attempt, outcome: "done", output: result.output, by: "report" });
  if (result.uncertain) return;
  const { usage } = result;
  emit(m, "attempt.failed", { ...attempt, error: result.error, ...(usage && { usage }) });
  failStep(m, of, result.error);
}

/** Everything that may happen now without being told: start, timers, scheduling, the end. */
function progress(m: Machine): void {
  // A loop, as each item of a loop may be skipped in a round of its own, and 10,000 calls are too deep.
  for (let again = true; again;) again = proceed(m);
}

/** One round; true when more may follow. */
function proceed(m: Machine): boolean {
  const { state, around } = m;
  if (state.status !== null) return false;
  if (state.phase === "queued" && !state.cancel && !begin(m)) return false;
  ringTimers(m);
  // Only one of a restore lets inspections through, so from one kind to the other is said, too.
  if (around.halt && (!state.halted || (state.halted.scope === "restored") !== (around.halt.scope === "restored")))
    emit(m, "run.halted", around.halt);
  if (!around.halt && state.halted) emit(m, "run.unhalted", {});
  if (state.frozen && !freezeOver(m)) emit(m, "run.unfrozen", {});
  if (state.halted?.scope === "restored") continueOperations(m, (one) => one.status === "unknown");
  if (state.halted || (state.paused && state.phase !== "undoing")) return false;
  if (state.phase === "undoing") {
    scheduleUndo(m);
    return false;
  }
  if (state.failure || state.cancel) return windDown(m);
  if (state.phase === "gate") return afterGate(m);
  const before = m.events.length;
  if (state.dryRun) rehearse(m);
  else schedule(m);
  if (m.events.length > before) return true;
  if (state.phase === "executing" && state.unsettled === 0 && state.open.size === 0) {
    emit(m, "run.finished", { status: "succeeded", error: null });
  }
  return false;
}

/** False when policy denies the plan. */
function begin(m: Machine): boolean {
  const { state, around } = m;
  if (around.halt || state.paused) return true;
  if (state.plan.concurrencyKey !== undefined && !around.holdsSlot(state.plan.concurrencyKey)) return false;
  const { decision } = around.assess(startFacts(state));
  if (decision.result === "deny") {
    emit(m, "run.finished", { status: "denied", error: denial(decision.policies, decision.reasons) });
    return false;
  }
  emit(m, "run.started", {
    decision,
    deadlineAt: state.plan.deadlineMs === undefined ? null : around.now + state.plan.deadlineMs,
  });
  return true;
}

function ringTimers(m: Machine): void {
  const { state, around } = m;
  if (state.deadlineAt !== null && state.deadlineAt <= around.now && state.phase !== "undoing" && !state.cancel) {
    const error = {
      code: "deadline_exceeded",
      message: "The run's deadline passed before it was done.",
      retryable: false,
    };
    emit(m, "run.deadline_passed", {});
    if (!state.failure) emit(m, "run.failing", { step: null, error });
  }
  const gate = openGateOf(state);
  if (gate && (gate.expiresAt ?? Number.POSITIVE_INFINITY) <= around.now) expire(m, gate.hash);
  else if (gate?.escalation && !gate.escalated && gate.escalation.at <= around.now)
    emit(m, "approval.escalated", { hash: gate.hash, group: gate.escalation.group });
  for (const key of dueTimers(state.timers, "wait", around.now)) {
    const one = step(m, key);
    if (one.waitsFor && "signal" in one.waitsFor) {
      failStep(m, one, {
        code: "wait_timed_out",
        message: `No signal ${one.waitsFor.signal} came in time for step ${key}.`,
        retryable: false,
      });
    } else emit(m, "step.wait_ended", { step: key, payload: null });
  }
}

function expire(m: Machine, hash: `sha256:${string}`): void {
  emit(m, "change_set.expired", { hash });
  const gate = m.state.gates.get(hash);
  const error = {
    code: "approval_expired",
    message: "Nobody approved the change set before it expired; retry the run to ask again.",
    retryable: false,
  };
  if (gate?.changeSet.gate === "run") emit(m, "run.finished", { status: "rejected", error });
  else if (gate?.changeSet.gate === "undo")
    emit(m, "run.finished", { status: m.state.formerStatus ?? "failed", error });
  else if (gate) failStep(m, step(m, gate.changeSet.gate), error);
}

/** The gate was decided by policy in this very call, or a command moved it on before. True when more may follow. */
function afterGate(m: Machine): boolean {
  const gate = [...m.state.gates.values()].at(-1);
  if (!gate) return false;
  if (gate.decision.result === "deny" && gate.status === "open") {
    emit(m, "change_set.rejected", { hash: gate.hash, reason: gate.decision.reasons.join(" ") });
    const status = gate.changeSet.gate === "undo" ? (m.state.formerStatus ?? "failed") : "denied";
    emit(m, "run.finished", { status, error: denial(gate.decision.policies, gate.decision.reasons) });
    return false;
  }
  if (gate.changeSet.gate !== "undo" || gate.status !== "approved") return false;
  return beginUndo(m, { automatic: false, reason: "It was asked for and approved." });
}

/** No new steps; what is under way comes to its end, every outcome is settled, then undo or stop. True when more may follow. */
function windDown(m: Machine): boolean {
  const { state } = m;
  const undo = state.cancel ? state.cancel.undo : state.plan.onFailure === "undo";
  const gate = openGateOf(state);
  if (gate) emit(m, "change_set.voided", { hash: gate.hash, reason: "The run ends before it was decided." });
  continueOperations(m, (one) => one.status === "unknown");
  if (state.open.size > 0) return false;
  for (const key of state.waiting) {
    const one = step(m, key);
    if ((one.child && !one.child.ended) || (one.status === "unknown" && !one.needsPerson)) return false;
  }
  const reason = state.cancel
    ? (state.cancel.reason ?? "The run was cancelled.")
    : (state.failure?.error.message ?? "");
  if (undo && beginUndo(m, { automatic: true, reason })) return true;
  emit(m, "run.finished", { status: state.cancel ? "canceled" : "failed", error: state.failure?.error ?? null });
  return false;
}
