import type { ErrorData, RunEvent } from "@gantry/sdk";
import type { AttemptView, LastGoodRun, RunFailure } from "@gantry/sdk/api";
import type { RunState, StepState } from "@gantry/sdk/core";
import { attemptsOf } from "./attempts.ts";
import { compareRuns, type ComparedRun } from "./compare-runs.ts";
import { maskText } from "./mask.ts";

/** What went wrong first in a run, of its history alone. Null where nothing did. */
export function failureOf({
  state,
  events,
}: {
  state: RunState;
  events: readonly RunEvent[];
}): Omit<RunFailure, "line" | "logPurged" | "lastGood"> | null {
  const failed = failedSteps(state, events);
  const first = failed[0];
  const attempts = first === undefined ? [] : (attemptsOf(events).get(first.key) ?? []);
  const attempt = attempts.findLast(({ error, status }) => error !== null || status === "unknown") ?? attempts.at(-1);
  const error = first?.error ?? attempt?.error ?? state.finalError ?? state.failure?.error ?? null;
  if (error === null && first === undefined) return null;
  const { exitCode, commandLine, command } = attempt?.error?.details ?? error?.details ?? {};
  const line = typeof commandLine === "string" ? commandLine : command;
  return {
    step: first === undefined ? null : stepFacts(first),
    attempt: attempt ?? null,
    error: error ?? unclear,
    exitCode: typeof exitCode === "number" ? exitCode : null,
    command: typeof line === "string" ? maskText(line) : null,
    host: attempt?.host ?? null,
    tries: triesOf(attempts, attempt),
    alsoFailed: failed.slice(1).map(({ key }) => key),
  };
}

/** What differs between a run and the last good one before it. */
export function differencesToGood(good: ComparedRun, run: ComparedRun, step: string | null, now: number): LastGoodRun {
  const { parameters, plan, tools, steps, omitted } = compareRuns(good, run, now);
  const input = steps.find((one) => one.step === step)?.input ?? [];
  return { run: good.summary, parameters, plan, tools, input, omitted };
}

const unclear: ErrorData = {
  code: "outcome_unknown",
  message: "Nobody could find out whether it took effect. Look, and then say what became of it (settle).",
  retryable: false,
};

/** In the order in which they failed; a loop isn't named beside its items. */
function failedSteps(state: RunState, events: readonly RunEvent[]): StepState[] {
  const since = new Map<string, number>();
  for (const { type, data, seq } of events) {
    if (type === "step.failed" || type === "step.outcome_unclear") since.set(data.step, seq);
  }
  const failed = [...state.steps.values()].filter(
    (step) => step.status === "failed" || step.needsPerson || step.undo?.status === "failed",
  );
  const parents = new Set(failed.map(({ item }) => item?.parent));
  return failed
    .filter(({ key }) => !parents.has(key))
    .toSorted((a, b) => (since.get(a.key) ?? Infinity) - (since.get(b.key) ?? Infinity));
}

function stepFacts({ key, step, child, needsPerson }: StepState): RunFailure["step"] {
  const tool = step.kind === "tool" ? step.tool : null;
  return { key, title: step.title ?? step.id, tool, child: child?.id ?? null, needsPerson };
}

function triesOf(attempts: readonly AttemptView[], of: AttemptView | undefined): number {
  return attempts.filter(({ operation }) => operation === of?.operation).length;
}
