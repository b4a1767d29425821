import { awaitedAnswer } from "../asking.ts";
import type { ErrorData } from "../error-data.ts";
import type { Usage } from "../usage.ts";
import type { Operation } from "../events.ts";
import type { Json } from "../json.ts";
import { touchesWorld } from "../plan.ts";
import { isAwaited } from "./awaited.ts";
import { isApproved, leftOf, openGateOf } from "./gate.ts";
import { isCarriedOut } from "./harmless.ts";
import { referencedSteps, resolveTemplate } from "./references.ts";
import { inputOf, scopeOf, slotKey } from "./scope.ts";
import type { RunState, StepState } from "./state.ts";
import { earliestTimer, type Purpose } from "./timers.ts";
import { toolOf } from "./tool-of.ts";

export type RunStatus =
  | "queued"
  | "preparing"
  | "waiting_for_approval"
  | "running"
  | "waiting"
  | "pausing"
  | "paused"
  | "halted"
  | "frozen"
  | "needs_attention"
  | "canceling"
  | "undoing"
  | NonNullable<RunState["status"]>;

/** On what a run waits, until when, and who can end it. Times are Unix milliseconds. */
export interface Waiting {
  on: "approval" | "time" | "signal" | "child" | "slot" | "limit" | "person" | "resume" | "kill_switch" | "freeze";
  detail: string;
  until: number | null;
  who: string;
  /** Unix milliseconds, where it is known. */
  since?: number;
}

export interface StatusView {
  status: RunStatus;
  waiting: Waiting | null;
  error: ErrorData | null;
}

/** The state in a word, for lists: the same for everybody who folds the same events. */
export function statusOf(state: RunState): StatusView {
  const error = state.failure?.error ?? null;
  if (state.status !== null) return { status: state.status, waiting: null, error: state.finalError ?? error };
  const waiting = state.open.size > 0 ? null : waitingOf(state);
  const status = (): RunStatus => {
    if (state.halted) return "halted";
    if (waiting?.on === "freeze") return "frozen";
    if (state.phase === "undoing") return "undoing";
    if (state.cancel) return "canceling";
    if (state.paused) return state.open.size > 0 ? "pausing" : "paused";
    if (state.phase === "queued") return "queued";
    if (waiting?.on === "approval") return "waiting_for_approval";
    if (waiting?.on === "person") return "needs_attention";
    if (waiting) return "waiting";
    return state.phase === "executing" ? "running" : "preparing";
  };
  return { status: status(), waiting, error };
}

function waitingOf(state: RunState): Waiting | null {
  if (state.halted)
    return {
      on: "kill_switch",
      detail: state.halted.reason,
      until: null,
      who:
        state.halted.scope === "restored" ? "whoever may resume after the restore" : "whoever may lift the kill switch",
      since: state.halted.since,
    };
  if (state.paused)
    return {
      on: "resume",
      detail: state.paused.reason ?? "paused",
      until: null,
      who: "whoever may run it",
      since: state.paused.since,
    };
  const gate = openGateOf(state);
  if (gate) {
    const who = leftOf(gate)
      .map(({ group, left }) => `${left} of ${group}`)
      .join(", ");
    const { hash, expiresAt, createdAt } = gate;
    const since = createdAt === undefined ? {} : { since: createdAt };
    return { on: "approval", detail: hash, until: expiresAt, who: isApproved(gate) ? "" : who, ...since };
  }
  if (state.frozen) {
    const { reason, until, since } = state.frozen;
    return { on: "freeze", detail: reason, until, who: "whoever may override the freeze", since };
  }
  for (const key of state.dryRun ? state.early : state.ready)
    if (!waitsForSlot(state, key) && !state.limited.has(key)) return null;
  for (const key of state.waiting) {
    const one = state.steps.get(key) as StepState;
    if (one.needsPerson)
      return { on: "person", detail: `Did step ${one.key} take effect?`, until: null, who: "whoever may run it" };
    if (one.waitsFor && "signal" in one.waitsFor)
      return { on: "signal", detail: one.waitsFor.signal, until: one.dueAt, who: "whoever may signal it" };
    if (one.waitsFor && "slot" in one.waitsFor)
      return { on: "slot", detail: one.waitsFor.slot, until: null, who: "the run that holds it" };
    if (one.limit && isLimitLive(state, one, one.limit.operation)) {
      const { what, until, who, since } = one.limit;
      return { on: "limit", detail: what, until, who, since };
    }
    if (one.child && !one.child.ended) return { on: "child", detail: one.child.id, until: null, who: "the sub-run" };
  }
  for (const key of state.timers.entries.keys()) {
    const { error, dueAt } = state.steps.get(key) as StepState;
    const awaited = error && awaitedAnswer(error);
    if (error && awaited && awaited.until === dueAt)
      return { on: "person", detail: error.message, until: dueAt, who: awaited.group ?? "whoever may run it" };
  }
  const due = nextDue(state);
  return due === null || due === state.deadlineAt ? null : { on: "time", detail: "timer", until: due, who: "time" };
}

function waitsForSlot(state: RunState, key: string): boolean {
  const waiting = state.steps.get(key)?.waitsFor;
  return waiting !== null && waiting !== undefined && "slot" in waiting;
}

/** True when its next attempt would be one that a freeze holds. */
function wouldChange(state: RunState, one: StepState): boolean {
  if (one.dueFor === "undo") return state.undo?.automatic !== true;
  return (one.dueFor ?? "run") === "run" && touchesWorld(toolOf(state, one)?.effect ?? "reads");
}

/** False for what is not tried now: something else came of it, or the run ends, is held, is decided on, or undoes what it did. */
function isLimitLive(state: RunState, one: StepState, operation: Operation): boolean {
  if (!isAwaited(state, one, operation)) return false;
  if (state.phase === "undoing") return operation === "undo" && (!state.frozen || state.undo?.automatic === true);
  if (operation === "inspect") return true;
  if (state.failure || state.cancel || state.paused) return false;
  return !(state.frozen && operation === "run" && touchesWorld(toolOf(state, one)?.effect ?? "reads"));
}

/** When `advance` must be called next even if nothing happens; Unix milliseconds, null for never. */
export function nextDue(state: RunState): number | null {
  if (state.status !== null) return null;
  if (state.halted) {
    const due = state.halted.scope === "restored" ? earliestTimer(state.timers, ["inspect"]) : Number.POSITIVE_INFINITY;
    return due === Number.POSITIVE_INFINITY ? null : due;
  }
  let due = state.deadlineAt ?? Number.POSITIVE_INFINITY;
  const gate = openGateOf(state);
  due = Math.min(due, gate?.expiresAt ?? due);
  if (gate?.escalation && !gate.escalated) due = Math.min(due, gate.escalation.at);
  due = Math.min(due, state.frozen?.until ?? due);
  const purposes = purposesNow(state);
  if (!state.frozen) due = Math.min(due, earliestTimer(state.timers, purposes));
  else
    for (const { key, at, purpose } of state.timers.entries.values()) {
      // Its time may have come long ago: what ends this wait is the end of the freeze.
      const heeded = purposes === null || purposes.includes(purpose);
      if (heeded && !wouldChange(state, state.steps.get(key) as StepState)) due = Math.min(due, at);
    }
  for (const key of state.limited) {
    const one = state.steps.get(key);
    if (one?.limit && one.limit.until !== null && isLimitLive(state, one, one.limit.operation))
      due = Math.min(due, one.limit.until);
  }
  return due === Number.POSITIVE_INFINITY ? null : due;
}

/**
 * What is done when its time comes; null: everything. The time of a step that is not tried again now may have passed long
 * ago: it would be looked at without end.
 */
function purposesNow(state: RunState): readonly Purpose[] | null {
  if (state.phase === "undoing") return ["wait", "undo"];
  if (state.paused) return ["wait"];
  return state.failure || state.cancel ? ["wait", "inspect"] : null;
}

/** Concurrency keys that steps ready to start need. `step` is empty for the key of the whole run. */
export function wantedSlots(state: RunState): { step: string; key: string }[] {
  const { plan } = state;
  if (state.phase === "queued")
    return plan.concurrencyKey === undefined ? [] : [{ step: "", key: plan.concurrencyKey }];
  if (!plan.steps.some((one) => one.kind === "tool" && one.concurrencyKey !== undefined)) return [];
  if (state.phase !== "executing" && state.phase !== "preparing") return [];
  return [...(state.dryRun ? state.early : state.ready), ...state.timers.entries.keys()].flatMap((step) => {
    const one = state.steps.get(step);
    if (one && state.frozen && wouldChange(state, one)) return [];
    const key =
      one && isCarriedOut(state, one) && (one.step.each === undefined || one.item) ? slotKey(state, one) : null;
    return key === null ? [] : [{ step, key }];
  });
}

export interface AttemptInput {
  tool: string;
  step: string;
  operation: Operation;
  /** Resolved; SecretRefs are still references. */
  input: Json;
  /** What `run` gave, for `verify` and `undo`; null where it isn't known. */
  output: Json;
  number: number;
  /** Unix milliseconds. */
  deadline: number;
  /** What earlier tries wrote down that did not succeed; in `inspect` those of the attempt in question. */
  notes: readonly Json[];
  /** What it may use at most. */
  worstCase: Usage;
  /** For `inspect`: the attempt whose outcome is unknown, and where it ran. */
  subject: { attemptId: string; host: string } | null;
  /** From where its input may hold text that nobody vouches for; absent: from nowhere. */
  tainted?: readonly string[];
}

/** What an open attempt is to be called with. */
export function attemptInput(state: RunState, attemptId: string): AttemptInput {
  const attempt = state.open.get(attemptId);
  const one = attempt && state.steps.get(attempt.step);
  if (!attempt || one?.step.kind !== "tool") throw new Error(`Run ${state.id} has no open attempt ${attemptId}.`);
  const { operation, number, startedAt, timeoutMs } = attempt;
  const deadline = Math.min(
    startedAt + timeoutMs,
    operation === "undo" ? Number.POSITIVE_INFINITY : (state.deadlineAt ?? Number.POSITIVE_INFINITY),
  );
  return {
    tool: one.step.tool,
    step: one.key,
    operation,
    input: inputOf(state, one),
    output: one.output,
    number,
    deadline,
    notes: one.notes?.[operation === "inspect" ? "run" : operation] ?? [],
    worstCase: worstCaseOf(state, one),
    subject:
      operation === "inspect" && one.attemptId !== null
        ? { attemptId: one.attemptId, host: one.attemptHost ?? "" }
        : null,
    ...taintOfInput(state, one),
  };
}

/** What other steps put out may come from anywhere, as what a model had read when it proposed the plan. */
function taintOfInput({ plan }: RunState, { step }: StepState): Pick<AttemptInput, "tainted"> {
  if (step.kind !== "tool") return {};
  const steps = referencedSteps([step.input, step.each ?? null]);
  const tainted = [...(plan.tainted ?? []), ...[...steps].map((id) => `step ${id}`)];
  return tainted.length > 0 ? { tainted } : {};
}

/** What running the step uses at most: what its preview found, else what its tool says of itself. */
export function worstCaseOf(state: RunState, one: StepState): Usage {
  return one.preview?.worstCase ?? toolOf(state, one)?.worstCase ?? { requests: 1 };
}

/** What the sub-run of a step is to be planned from, references resolved. */
export function childParameters(state: RunState, step: string): { runbook: string; parameters: Json } {
  const one = state.steps.get(step);
  if (one?.step.kind !== "run") throw new Error(`Run ${state.id} has no sub-run at step ${step}.`);
  return { runbook: one.step.runbook, parameters: resolveTemplate(one.step.parameters, scopeOf(state, one)) };
}

/** What a finished run gives its parent: the outputs of its steps by id. */
export function outputsOf(state: RunState): Json {
  return Object.fromEntries(state.plan.steps.map(({ id }) => [id, state.steps.get(id)?.output ?? null]));
}
