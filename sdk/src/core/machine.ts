import type { ErrorData } from "../error-data.ts";
import { platformActor, type Actor, type EventType, type Operation, type RunEvent } from "../events.ts";
import { digestOf } from "../json.ts";
import type { Retry } from "../plan.ts";
import { evolve } from "./evolve.ts";
import { mayChange } from "./harmless.ts";
import type { Surroundings } from "./input.ts";
import { inputOf } from "./scope.ts";
import type { RunState, StepState } from "./state.ts";
import { toolOf } from "./tool-of.ts";

/** One call of `decide`: the state, what surrounds it, and the events so far. */
export interface Machine {
  readonly state: RunState;
  readonly around: Surroundings;
  readonly events: RunEvent[];
  /** Attempts that may still start in this call. */
  capacity: number;
}

/** Appends an event and moves the state on by it. */
export function emit<T extends EventType>(
  m: Machine,
  type: T,
  data: RunEvent<T>["data"],
  actor: Actor = platformActor,
): void {
  const event = { type, seq: m.state.seq + 1, at: m.around.now, actor, data } as RunEvent;
  evolve(m.state, event);
  m.events.push(event);
}

export function step(m: Machine, key: string): StepState {
  const found = m.state.steps.get(key);
  if (!found) throw new Error(`Run ${m.state.id} has no step ${key}.`);
  return found;
}

/**
 * Announces an attempt, unless a limit is in the way: the step then stays what it is, to be asked about again. It begins
 * only after the event is committed.
 */
export function startAttempt(
  m: Machine,
  of: StepState,
  operation: Operation,
  changeSet: `sha256:${string}` | null = null,
): void {
  const tool = toolOf(m.state, of);
  if (!tool || of.step.kind !== "tool") throw new Error(`Step ${of.key} has no tool.`);
  // The one place where attempts come from, so a dry run can't change anything whatever is decided elsewhere.
  if (m.state.dryRun && mayChange(m.state, of, operation))
    throw new Error(`Run ${m.state.id} is a dry run; ${operation} of step ${of.key} may change something.`);
  const permit = m.around.permit(of, operation);
  if (permit === null) return;
  m.capacity -= 1;
  emit(m, "attempt.started", {
    attemptId: permit === "free" ? m.around.newId() : permit.id,
    step: of.key,
    operation,
    number: of.tries[operation] + 1,
    input: digestOf(inputOf(m.state, of)),
    changeSet,
    worker: m.around.worker,
    host: m.around.host,
    timeoutMs: of.step.timeoutMs ?? tool.timeoutMs,
    ...(permit === "free" ? {} : { permit: true }),
  });
}

export function retryOf(m: Machine, of: StepState): Retry {
  const own = of.step.kind === "tool" ? of.step.retry : undefined;
  return own ?? toolOf(m.state, of)?.retry ?? { attempts: 1, initialMs: 1_000, factor: 2, maxMs: 60_000 };
}

/** Exponential back-off with full jitter over its upper half. */
export function backOff(m: Machine, retry: Retry, tries: number): number {
  const full = Math.min(retry.maxMs, retry.initialMs * retry.factor ** Math.max(0, tries - 1));
  return m.around.now + Math.round(full / 2 + (full / 2) * m.around.random());
}

/** The step failed for good, and with it the run. */
export function failStep(m: Machine, of: StepState, error: ErrorData): void {
  emit(m, "step.failed", { step: of.key, error });
  if (!m.state.failure) emit(m, "run.failing", { step: of.key, error });
}
