import { stringify } from "yaml";
import { canonicalJson, type Json, type JsonObject } from "../json.ts";
import { defaultRetry } from "../plan-builder.ts";
import { GantryError } from "../errors.ts";
import type { Plan, Retry, Step, Template, WaitFor } from "../plan.ts";
import { loadRunbooks } from "./load.ts";
import { deviationsFrom } from "./makes-plan.ts";
import { foundIn, type FoundParameters } from "./found-parameters.ts";

/** A run's plan can't be said as a runbook's file, or that gives another plan than it was made from. */
export class RunbookNotMadeError extends GantryError {
  readonly code = "runbook_not_made";
  constructor(why: string) {
    super(`No runbook can be made of this plan: ${why}`);
  }
}

export interface PlanToRunbook {
  name: string;
  title: string;
  /** Of another run of the same procedure: what differs between the two becomes parameters. Without it the plan's own parameters do. */
  other: Plan | null;
}

export interface RunbookFromPlan {
  /** The file. */
  text: string;
  /** With these it gives the steps of the plan that it is from. */
  parameters: JsonObject;
}

/**
 * A runbook that does what a plan did, for other values too. It is tried before it is given: with the values that were found it makes the very steps of the plan.
 * @throws RunbookNotMadeError
 */
export function runbookFromPlan(plan: Plan, { name, title, other }: PlanToRunbook): RunbookFromPlan {
  if (other !== null && shapeOf(other) !== shapeOf(plan))
    throw new RunbookNotMadeError("the other run has other steps. Compare with a run of the same procedure.");
  const found = foundIn(plan.parameters, other !== null);
  const steps = plan.steps.map((step, index) => stepOf(step, other?.steps[index] ?? null, found));
  const { concurrencyKey, onFailure, environment } = plan;
  const key = concurrencyKey === undefined ? {} : { concurrencyKey: found.within(concurrencyKey, environment) };
  const document = {
    name,
    version: "1.0.0",
    title,
    ...(found.declarations.size > 0 && { parameters: Object.fromEntries(found.declarations) }),
    onFailure,
    ...(plan.deadlineMs !== undefined && { deadline: durationOf(plan.deadlineMs) }),
    ...key,
    steps,
  };
  const text = stringify(document, { lineWidth: 110 });
  const parameters = Object.fromEntries(found.values);
  tryOut(text, plan, parameters);
  return { text, parameters };
}

/** @throws RunbookNotMadeError */
function tryOut(text: string, plan: Plan, parameters: JsonObject): void {
  const { runbooks, problems } = loadRunbooks([{ file: "runbook.yaml", text }]);
  const spec = runbooks[0]?.runbook?.spec;
  if (spec === undefined) throw new RunbookNotMadeError(problems.map(({ message }) => message).join(" "));
  const odd = deviationsFrom({ name: spec.name, spec }, plan, { parameters, titled: true });
  if (odd.length > 0)
    throw new RunbookNotMadeError(`its steps ${odd.map(({ part }) => part).join(", ")} would come out otherwise.`);
}

function shapeOf({ steps }: Plan): string {
  return canonicalJson(steps.map((step) => [step.id, step.kind, step.kind === "tool" ? step.tool : null]));
}

function stepOf(step: Step, other: Step | null, found: FoundParameters): JsonObject {
  const { id, title, after, when, each, parallel } = step;
  const say = (value: Template, otherValue: Template | undefined, hint: string): Json =>
    found.template(value, otherValue, { hint, step: id });
  const loop = {
    ...(each !== undefined && { each: say(each, other?.each, "items") }),
    ...(parallel !== undefined && { parallel }),
  };
  const common = {
    id,
    ...(title !== undefined && { title }),
    ...(after.length > 0 && { after: [...after] }),
    ...(when !== undefined && { when }),
  };
  switch (step.kind) {
    case "tool": {
      const { tool, input, timeoutMs, retry, concurrencyKey, undo } = step;
      const its = other?.kind === "tool" ? other : null;
      return {
        ...common,
        tool,
        ...loop,
        input: say(input, its?.input, "input"),
        ...(timeoutMs !== undefined && { timeout: durationOf(timeoutMs) }),
        ...(retry !== undefined && { retry: retryOf(retry) }),
        ...(concurrencyKey !== undefined && { concurrencyKey: say(concurrencyKey, its?.concurrencyKey, "key") }),
        ...(undo === "none" && { undo }),
      };
    }
    case "run": {
      const its = other?.kind === "run" ? other : null;
      return { ...common, run: step.runbook, ...loop, parameters: say(step.parameters, its?.parameters, "parameters") };
    }
    case "wait":
      return { ...common, wait: waitOf(step.for, say) };
    default:
      return step satisfies never;
  }
}

function waitOf(wait: WaitFor, say: (value: Template, other: Template | undefined, hint: string) => Json): JsonObject {
  switch (wait.kind) {
    case "duration":
      return { for: durationOf(wait.ms) };
    case "time":
      return { until: say(wait.at, undefined, "at") };
    case "signal":
      return { signal: wait.name, ...(wait.timeoutMs !== undefined && { timeout: durationOf(wait.timeoutMs) }) };
    case "approval":
      return { approval: wait.group, count: wait.count, timeout: durationOf(wait.timeoutMs) };
    default:
      return wait satisfies never;
  }
}

function retryOf({ attempts, initialMs, factor, maxMs }: Retry): JsonObject {
  return {
    attempts,
    ...(initialMs !== defaultRetry.initialMs && { initial: durationOf(initialMs) }),
    ...(factor !== defaultRetry.factor && { factor }),
    ...(maxMs !== defaultRetry.maxMs && { max: durationOf(maxMs) }),
  };
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

function durationOf(ms: number): string {
  const [unit, length] = units.find(([, one]) => ms > 0 && ms % one === 0) ?? ["ms", 1];
  return `${ms / length}${unit}`;
}
