import type { Json } from "../json.ts";
import { errorData } from "../errors.ts";
import { NotAListError, TooManyItemsError } from "../plan-errors.ts";
import { touchesWorld } from "../plan.ts";
import { isHeldByFreeze } from "./freeze.ts";
import {
  approvedGate,
  earlyCondition,
  isAhead,
  isKnown,
  isSettled,
  openApprovalWait,
  openRunGate,
  touchingSteps,
  whyNotCovered,
} from "./gate.ts";
import { isEarly } from "./harmless.ts";
import { emit, failStep, startAttempt, step, type Machine } from "./machine.ts";
import { whyDenied } from "./plan-policy.ts";
import { asText, resolveTemplate } from "./references.ts";
import { conditionHolds, scopeOf, slotKey } from "./scope.ts";
import type { Gate, RunState, StepState } from "./state.ts";
import { dueTimers } from "./timers.ts";
import { toolOf } from "./tool-of.ts";

const maximumItems = 10_000;

/** Starts what can start in the forward direction: preparation, previews, the gate, execution. */
export function schedule(m: Machine): void {
  const { state } = m;
  if (state.phase === "preparing") {
    continueOperations(m);
    startReady(m, null);
    if (!state.failure && isPrepared(m) && previewSteps(m)) openRunGate(m);
  }
  if (state.phase === "executing") {
    const gate = approvedGate(state) ?? null;
    if (state.recheck.size > 0) recheck(m);
    else {
      continueOperations(m);
      startReady(m, gate);
    }
  }
}

/** Verifications and inspections, first ones and those whose time to be tried again has come. */
export function continueOperations(m: Machine, only: (one: StepState) => boolean = () => true): void {
  const { todo, timers } = m.state;
  for (const key of asOfNow(todo)) {
    if (m.capacity <= 0) return;
    const one = step(m, key);
    const later = one.dueAt !== null && one.dueAt > m.around.now;
    if (!later && only(one)) startAttempt(m, one, one.status === "unknown" ? "inspect" : "verify");
  }
  for (const operation of ["inspect", "verify"] as const) {
    for (const key of dueTimers(timers, operation, m.around.now)) {
      if (m.capacity <= 0) return;
      if (!todo.has(key) && only(step(m, key))) startAttempt(m, step(m, key), operation);
    }
  }
}

function startReady(m: Machine, gate: Gate | null): void {
  const { state, around } = m;
  for (const key of dueRuns(m)) {
    if (m.capacity <= 0 || state.phase === "done" || state.failure || state.recheck.size > 0) return;
    const one = step(m, key);
    // The items of a loop that was just expanded start in the next round.
    if (one.dueAt === null && one.tries.run === 0 && skipOrExpand(m, one)) continue;
    if (one.step.kind === "wait") beginWait(m, one);
    else if (one.step.kind === "run") emit(m, "child.started", { step: key, child: around.newId() });
    else startTool(m, one, gate);
    if (state.phase !== "preparing" && state.phase !== "executing") return;
  }
}

/** Keys of steps that could start in this phase: those to be tried again, then those whose dependencies are settled. */
export function* dueRuns({ state, around }: Machine): Generator<string> {
  const preparing = state.phase === "preparing";
  for (const key of dueTimers(state.timers, "run", around.now))
    if (!preparing || isEarly(state, state.steps.get(key) as StepState)) yield key;
  yield* asOfNow(preparing ? state.early : state.ready);
}

/** The keys that are in it now, not those that come meanwhile. A copy of 10,000 for every event would be quadratic. */
function* asOfNow(keys: ReadonlySet<string>): Generator<string> {
  let left = keys.size;
  for (const key of keys) {
    if ((left -= 1) < 0) return;
    yield key;
  }
}

/** True when the step is dealt with: skipped, failed, or a loop that is now expanded. */
export function skipOrExpand(m: Machine, of: StepState): boolean {
  const isLoop = of.step.each !== undefined && !of.item;
  try {
    if (
      !of.item &&
      [...(m.state.graph.data.get(of.step.id) ?? [])].some((id) => m.state.steps.get(id)?.status === "skipped")
    ) {
      emit(m, "step.skipped", { step: of.key, reason: "dependency" });
      return true;
    }
    const perItem = of.item !== undefined || !isLoop;
    if (perItem && !conditionHolds(m.state, of)) {
      emit(m, "step.skipped", { step: of.key, reason: "condition" });
      return true;
    }
    if (isLoop) {
      expand(m, of);
      return true;
    }
    return false;
  } catch (error) {
    failStep(m, of, errorData(error));
    return true;
  }
}

/** @throws NotAListError, TooManyItemsError */
function expand(m: Machine, of: StepState): void {
  const items = resolveTemplate(of.step.each as Json, scopeOf(m.state, of));
  if (!Array.isArray(items)) throw new NotAListError(of.key, items === null ? "nothing" : typeof items);
  if (items.length > maximumItems) throw new TooManyItemsError(of.key, items.length, maximumItems);
  emit(m, "step.expanded", { step: of.key, items: items as Json[] });
}

function beginWait(m: Machine, of: StepState): void {
  if (of.step.kind !== "wait") return;
  const wait = of.step.for;
  switch (wait.kind) {
    case "duration":
      return emit(m, "step.waiting", { step: of.key, dueAt: m.around.now + wait.ms, signal: null });
    case "time": {
      const at = Date.parse(asText(resolveTemplate(wait.at, scopeOf(m.state, of))));
      if (Number.isNaN(at)) {
        return failStep(m, of, {
          code: "time_invalid",
          message: `Step ${of.key} waits for a time that is none; use ISO 8601.`,
          retryable: false,
        });
      }
      return emit(m, "step.waiting", { step: of.key, dueAt: at, signal: null });
    }
    case "signal": {
      emit(m, "step.waiting", {
        step: of.key,
        dueAt: wait.timeoutMs === undefined ? null : m.around.now + wait.timeoutMs,
        signal: wait.name,
      });
      const early = m.state.signals.get(wait.name);
      if (early) emit(m, "step.wait_ended", { step: of.key, payload: early[0] ?? null });
      return;
    }
    case "approval":
      return openApprovalWait(m, of, wait.group, wait.count, wait.timeoutMs);
    default:
      return wait satisfies never;
  }
}

export function startTool(m: Machine, of: StepState, gate: Gate | null): void {
  const tool = toolOf(m.state, of);
  if (!tool) return;
  // Before its slot is taken, which others could use meanwhile.
  if (touchesWorld(tool.effect) && isHeldByFreeze(m)) return;
  const key = slotKey(m.state, of);
  if (key !== null && !m.around.holdsSlot(key)) return;
  if (!touchesWorld(tool.effect)) {
    const denied = whyDenied(m);
    return denied ? failStep(m, of, denied) : startAttempt(m, of, "run");
  }
  if (!gate) return;
  const why = whyNotCovered(m, gate, of);
  if (why) emit(m, "change_set.voided", { hash: gate.hash, reason: why });
  else startAttempt(m, of, "run", gate.hash);
}

function isPrepared(m: Machine): boolean {
  return m.state.open.size === 0 && [...m.state.graph.preparation].every((id) => isSettled(m.state.steps.get(id)));
}

/**
 * Settles what can be known of the steps that touch the world, and previews them. True once no preview is missing. All steps
 * are looked at only when those that lacked one at the last look have theirs: 10,000 items take as many rounds as capacity asks for.
 */
export function previewSteps(m: Machine): boolean {
  const { state, around } = m;
  const known = missingPreviews.get(state) ?? new Set<string>();
  missingPreviews.set(state, known);
  for (let again = false; ; again = true) {
    for (const key of known) {
      const one = step(m, key);
      if (!lacksPreview(state, one)) known.delete(key);
      else if (m.capacity <= 0) return false;
      else if (one.dueAt === null || one.dueAt <= around.now) startAttempt(m, one, "preview");
    }
    if (known.size > 0) return false;
    if (again) return true;
    if (!settleEarly(m)) return false;
    for (const one of touchingSteps(state)) if (lacksPreview(state, one)) known.add(one.key);
  }
}

const missingPreviews = new WeakMap<RunState, Set<string>>();

function lacksPreview(state: RunState, one: StepState): boolean {
  return isAhead(one) && !one.preview && toolOf(state, one)?.preview === true && isKnown(state, one);
}

/** False when what can be known of the steps fails the run. */
function settleEarly(m: Machine): boolean {
  const { state } = m;
  for (const id of state.graph.touching) {
    const one = step(m, id);
    if (one.status === "pending" && one.step.each !== undefined && !one.items && dataSettled(state, one)) {
      if (skipOrExpand(m, one) && state.failure) return false;
    }
  }
  for (const one of touchingSteps(state)) {
    if (one.status !== "pending") continue;
    try {
      if (earlyCondition(state, one) === false) emit(m, "step.skipped", { step: one.key, reason: "condition" });
    } catch (error) {
      failStep(m, one, errorData(error));
      return false;
    }
  }
  return true;
}

function dataSettled(state: RunState, of: StepState): boolean {
  return [...(state.graph.data.get(of.step.id) ?? [])].every((id) => isSettled(state.steps.get(id)));
}

function recheck(m: Machine): void {
  if (m.capacity <= 0) return;
  const busy = new Set([...m.state.open.values()].map((attempt) => attempt.step));
  for (const key of m.state.recheck) {
    if (m.capacity <= 0) return;
    const one = step(m, key);
    if (!busy.has(key) && (one.dueAt === null || one.dueAt <= m.around.now)) startAttempt(m, one, "preview");
  }
}
