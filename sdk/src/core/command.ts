import { answeredSignal, awaitedAnswer } from "../asking.ts";
import type { ErrorData } from "../error-data.ts";
import { approve, comment, reject } from "./approving.ts";
import { openUndoGate } from "./gate.ts";
import type { Json } from "../json.ts";
import type { RunCommand } from "./input.ts";
import { emit, failStep, step, type Machine } from "./machine.ts";
import type { StepState } from "./state.ts";
import { beginUndo, undoable } from "./undo.ts";

type CommandOf<K extends RunCommand["kind"]> = Extract<RunCommand, { kind: K }>;

/** What people, triggers and other runs ask of a run. What can't be done is refused with a code, and recorded. */
export function command(m: Machine, input: Exclude<RunCommand, { kind: "report" }>): void {
  const error = carryOut(m, input);
  if (error) emit(m, "command.refused", { command: input.kind, error }, input.actor);
}

function carryOut(m: Machine, input: Exclude<RunCommand, { kind: "report" }>): ErrorData | null {
  const { state } = m;
  const { actor } = input;
  const over = state.status !== null;
  switch (input.kind) {
    case "approve":
      return approve(m, input);
    case "reject":
      return reject(m, input);
    case "comment":
      return comment(m, input);
    case "pause":
      if (over) return ended(m, "paused");
      if (state.paused) return null;
      emit(m, "run.paused", { reason: input.reason }, actor);
      return null;
    case "resume":
      if (over) return ended(m, "resumed");
      if (!state.paused) return refusal("run_not_paused", `Run ${state.id} is not paused.`);
      emit(m, "run.resumed", {}, actor);
      return null;
    case "cancel":
      if (over) return ended(m, "cancelled");
      if (state.phase === "undoing")
        return refusal("run_undoing", `Run ${state.id} is being undone; that can't be cancelled.`);
      if (!state.cancel) emit(m, "run.cancel_requested", { undo: input.undo, reason: input.reason }, actor);
      return null;
    case "retry":
      return retry(m, input);
    case "undo":
      return undo(m, input);
    case "override_freeze":
      if (over) return ended(m, "let through a freeze");
      emit(m, "run.freeze_overridden", { reason: input.reason, until: input.until }, actor);
      return null;
    case "signal":
      return signal(m, input);
    case "settle":
      return settle(m, input);
    case "child_ended":
      return childEnded(m, input);
    default:
      return input satisfies never;
  }
}

const retryable = ["failed", "canceled", "rejected"];

function retry(m: Machine, { actor }: CommandOf<"retry">): ErrorData | null {
  const { state } = m;
  if (state.status === null)
    return refusal("run_not_ended", `Run ${state.id} has not ended; there is nothing to retry.`);
  if (!retryable.includes(state.status))
    return refusal(
      "run_not_retryable",
      `Run ${state.id} is ${state.status}; start a new run of the same plan instead.`,
    );
  const steps = [...state.steps.values()];
  const unclear = steps.find((one) => one.status === "unknown");
  if (unclear)
    return refusal(
      "outcome_unknown",
      `Nobody knows whether step ${unclear.key} took effect; settle it first, then retry.`,
    );
  const again = steps.filter(
    (one) =>
      !one.items &&
      (one.status === "failed" ||
        one.status === "waiting" ||
        one.status === "verifying" ||
        (one.child?.ended === true && one.status === "running")),
  );
  emit(m, "run.retried", { steps: again.map((one) => one.key) }, actor);
  return null;
}

function undo(m: Machine, { actor, reason, approved }: CommandOf<"undo">): ErrorData | null {
  const { state } = m;
  if (state.phase === "undoing") return refusal("run_undoing", `Run ${state.id} is being undone already.`);
  if (state.status === null) {
    // In the middle: stop first, then undo what was done; the change set that was approved names how.
    if (!state.cancel) emit(m, "run.cancel_requested", { undo: true, reason }, actor);
    return null;
  }
  const keys = undoable(state);
  if (keys.length === 0) {
    const done = approved && !state.dryRun;
    if (done) emit(m, "run.finished", { status: "undone", error: null }, actor);
    return done ? null : refusal("nothing_to_undo", `Run ${state.id} left nothing that could be undone.`);
  }
  if (approved) beginUndo(m, { automatic: true, reason });
  else openUndoGate(m, keys, actor);
  return null;
}

function signal(m: Machine, { actor, name, payload }: CommandOf<"signal">): ErrorData | null {
  const { state } = m;
  if (state.status !== null) return ended(m, "signalled");
  emit(m, "signal.received", { name, payload }, actor);
  const waiting = findWaiting(
    m,
    ({ waitsFor }) => waitsFor !== null && "signal" in waitsFor && waitsFor.signal === name,
  );
  if (waiting) emit(m, "step.wait_ended", { step: waiting.key, payload });
  else if (name === answeredSignal) wakeAsking(m, payload);
  return null;
}

/** The step whose attempt ended because it waits for the answer goes on now. */
function wakeAsking(m: Machine, payload: Json): void {
  const question = (payload as { question?: unknown } | null)?.question;
  for (const key of m.state.timers.entries.keys()) {
    const { error, dueFor } = step(m, key);
    if (error === null || dueFor === null || awaitedAnswer(error)?.question !== question) continue;
    return emit(m, "step.retry_scheduled", { step: key, operation: dueFor, dueAt: m.around.now });
  }
}

/** The one that has waited longest of those that something outside must settle. */
export function findWaiting(m: Machine, is: (one: StepState) => boolean): StepState | undefined {
  for (const key of m.state.waiting) {
    const one = step(m, key);
    if (is(one)) return one;
  }
  return undefined;
}

function settle(m: Machine, { actor, step: key, outcome, output }: CommandOf<"settle">): ErrorData | null {
  const one = m.state.steps.get(key);
  if (one?.status !== "unknown")
    return refusal("outcome_known", `The outcome of step ${key} is not unknown; there is nothing to settle.`);
  emit(
    m,
    "attempt.settled",
    { attemptId: one.attemptId ?? "", step: key, operation: "run", outcome, output, by: "person" },
    actor,
  );
  return null;
}

function childEnded(m: Machine, { child, status, outputs, error }: CommandOf<"child_ended">): ErrorData | null {
  const one = findWaiting(m, (candidate) => candidate.child?.id === child);
  if (!one || one.child?.ended) return null;
  const undoing = one.undo?.status === "running";
  emit(m, "child.ended", { step: one.key, child, status, outputs, error });
  if (undoing || status === "succeeded" || status === "previewed") return null;
  failStep(
    m,
    one,
    error ?? {
      code: "sub_run_unsuccessful",
      message: `The sub-run ${child} ended ${status}. Look at it, then retry this run or undo it.`,
      retryable: false,
      details: { child, status },
    },
  );
  return null;
}

function ended(m: Machine, done: string): ErrorData {
  return refusal("run_ended", `Run ${m.state.id} has ended (${m.state.status ?? ""}) and can't be ${done}.`);
}

function refusal(code: string, message: string): ErrorData {
  return { code, message, retryable: false };
}
