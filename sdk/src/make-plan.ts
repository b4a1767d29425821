import type { z } from "zod";
import { graphOf } from "./core/graph.ts";
import { isReference, referencedSteps, resolveTemplate } from "./core/references.ts";
import type { JsonObject } from "./json.ts";
import { Plan, type Step, type ToolFacts } from "./plan.ts";
import { createPlanBuilder, defaultRetry } from "./plan-builder.ts";
import {
  NotAListError,
  ParametersInvalidError,
  PlanInvalidError,
  RunbookUnknownError,
  StepInputInvalidError,
} from "./plan-errors.ts";
import type { Runbook } from "./runbook.ts";
import type { Tool } from "./tool.ts";

/** The tools and runbooks that plans can be made of. */
export interface Capabilities {
  readonly tools: ReadonlyMap<string, { readonly tool: Tool; readonly facts: ToolFacts }>;
  readonly runbooks: ReadonlyMap<string, { readonly runbook: Runbook }>;
}

export interface PlanRequest {
  runbook: string;
  parameters: JsonObject;
  environment: string;
  /** What the requester wants, in a sentence; the runbook's title unless given. */
  goal?: string;
}

/**
 * The plan of a runbook for these parameters: deterministic, nothing runs.
 * @throws RunbookUnknownError, ParametersInvalidError, and the errors of `checkPlan`.
 */
export function makePlan(known: Capabilities, { runbook: name, parameters, environment, goal }: PlanRequest): Plan {
  const found = known.runbooks.get(name);
  if (!found) throw new RunbookUnknownError(name, [...known.runbooks.keys()]);
  const { spec } = found.runbook;
  const parsed = spec.parameters.safeParse(parameters);
  if (!parsed.success) throw new ParametersInvalidError(name, problemsOf(parsed.error));
  const builder = createPlanBuilder(environment);
  spec.plan(builder, parsed.data);
  return checkPlan(known, {
    format: 1,
    goal: goal ?? spec.title,
    runbook: { name, version: spec.version },
    parameters,
    environment,
    steps: builder.steps,
    tools: toolsOf(known, builder.steps),
    onFailure: spec.onFailure ?? "stop",
    ...(spec.deadlineMs === undefined ? {} : { deadlineMs: spec.deadlineMs }),
    ...(spec.concurrencyKey === undefined ? {} : { concurrencyKey: spec.concurrencyKey(parsed.data, environment) }),
  });
}

/**
 * Checks a plan from anywhere and freezes into it what is known of its tools, whatever it said of them itself.
 * @throws PlanInvalidError, StepInputInvalidError, NotAListError, and the errors of the graph: cycles, unknown tools and references.
 */
export function checkPlan(known: Capabilities, candidate: unknown): Plan {
  const parsed = Plan.safeParse(candidate);
  if (!parsed.success) throw new PlanInvalidError(problemsOf(parsed.error));
  const plan = { ...parsed.data, tools: toolsOf(known, parsed.data.steps) };
  graphOf(plan);
  for (const step of plan.steps) {
    checkLoop(step);
    checkInput(known, step);
  }
  return plan;
}

function toolsOf(known: Capabilities, steps: readonly Step[]): Plan["tools"] {
  const names = new Set(steps.flatMap((step) => (step.kind === "tool" ? [step.tool] : [])));
  return [...names].toSorted().flatMap((name) => known.tools.get(name)?.facts ?? []);
}

/** What a reference leads to is seen when the loop starts. */
function checkLoop({ id, each }: Step): void {
  if (each === undefined || Array.isArray(each) || isReference(each)) return;
  throw new NotAListError(id, each === null ? "nothing" : typeof each);
}

/** An input without references can be checked before anything runs; the others when their step starts. */
function checkInput(known: Capabilities, step: Step): void {
  if (step.kind !== "tool" || step.each !== undefined) return;
  const text = JSON.stringify(step.input);
  if (referencedSteps(step.input).size > 0 || /"\$(run|secret|item|join)"/.test(text)) return;
  const nothing = { output: () => null, item: null, run: {} };
  const parsed = known.tools.get(step.tool)?.tool.spec.input.safeParse(resolveTemplate(step.input, nothing));
  if (parsed && !parsed.success) throw new StepInputInvalidError(step.id, step.tool, problemsOf(parsed.error));
}

function problemsOf(error: z.ZodError): { path: string; message: string }[] {
  return error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
}

/** What a plan freezes of a tool. `digest` identifies its code and declaration. */
export function factsOf({ spec }: Tool, digest: string): ToolFacts {
  return {
    name: spec.name,
    version: spec.version,
    digest,
    effect: spec.effect,
    idempotent: spec.idempotent ?? false,
    preview: spec.preview !== undefined,
    inspect: spec.inspect !== undefined,
    verify: spec.verify !== undefined,
    undo: spec.undo !== undefined,
    timeoutMs: spec.timeoutMs ?? 600_000,
    retry: { ...defaultRetry, ...spec.retry },
  };
}
