import { graphOf } from "./core/graph.ts";
import { isReference, referencedSteps, resolveTemplate } from "./core/references.ts";
import type { Digest, JsonObject } from "./json.ts";
import { problemsOf } from "./parameter-problems.ts";
import { Plan, type Step, type ToolFacts } from "./plan.ts";
import { createPlanBuilder, defaultRetry } from "./plan-builder.ts";
import {
  IncludeKeyConflictError,
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
  readonly tools: { get(name: string): { readonly tool: Tool; readonly facts: ToolFacts } | undefined };
  /** By name, and by `name@version` where there are several. */
  readonly runbooks: ReadonlyMap<string, { readonly runbook: Runbook; readonly digest?: Digest | undefined }>;
}

export interface PlanRequest {
  runbook: string;
  parameters: JsonObject;
  environment: string;
  /** What the requester wants, in a sentence; the runbook's title unless given. */
  goal?: string;
  /** Variables by name, as they are where the plan is to be carried out. */
  variables?: Readonly<Record<string, string>>;
}

/**
 * The plan of a runbook for these parameters: deterministic, nothing runs.
 * @throws RunbookUnknownError, ParametersInvalidError, and the errors of `checkPlan`.
 */
export function makePlan(
  known: Capabilities,
  { runbook: name, parameters, environment, goal, variables }: PlanRequest,
): Plan {
  const found = known.runbooks.get(name);
  if (!found) throw new RunbookUnknownError(name, [...known.runbooks.keys()]);
  const { spec } = found.runbook;
  const parsed = spec.parameters.safeParse(parameters);
  if (!parsed.success) throw new ParametersInvalidError(name, problemsOf(parsed.error));
  const builder = createPlanBuilder(environment, variables);
  spec.plan(builder, parsed.data);
  const own = spec.concurrencyKey?.(parsed.data, environment, builder.variable);
  const [concurrencyKey, ...others] = new Set([...(own === undefined ? [] : [own]), ...builder.keys]);
  if (concurrencyKey !== undefined && others.length > 0)
    throw new IncludeKeyConflictError(name, [concurrencyKey, ...others]);
  const { steps } = builder;
  return checkPlan(known, {
    format: 1,
    goal: goal ?? spec.title,
    runbook: {
      name: spec.name,
      version: spec.version,
      ...(found.digest === undefined ? {} : { digest: found.digest }),
    },
    parameters,
    ...(builder.variables.size === 0 ? {} : { variables: Object.fromEntries(builder.variables) }),
    environment,
    steps,
    tools: toolsOf(known, steps),
    onFailure: spec.onFailure ?? "stop",
    ...(spec.deadlineMs === undefined ? {} : { deadlineMs: spec.deadlineMs }),
    ...(concurrencyKey === undefined ? {} : { concurrencyKey }),
  });
}

/**
 * Checks a plan from anywhere and freezes into it what is known of its tools, whatever it said of them itself.
 * @throws PlanInvalidError, StepInputInvalidError, NotAListError, and the errors of the graph: cycles, unknown tools and references.
 */
export function checkPlan(known: Capabilities, candidate: unknown): Plan {
  const plan = checkDerivedPlan(known, candidate);
  // Else anybody could claim that a scan was clean, or that an approval was given.
  if (plan.facts !== undefined)
    throw new PlanInvalidError([{ path: "facts", message: "only a fork has facts; fork the run that they are from" }]);
  return plan;
}

/** `checkPlan` for a plan that the platform made of a run's; its facts are the caller's to vouch for. */
export function checkDerivedPlan(known: Capabilities, candidate: unknown): Plan {
  const parsed = Plan.safeParse(candidate);
  if (!parsed.success) throw new PlanInvalidError(problemsOf(parsed.error));
  const plan = { ...parsed.data, tools: toolsOf(known, parsed.data.steps) };
  graphOf(plan);
  for (const step of plan.steps) {
    if (Object.hasOwn(plan.facts ?? {}, step.id)) continue;
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
    ...(spec.connections === undefined || spec.connections.length === 0 ? {} : { connections: [...spec.connections] }),
    ...(spec.worstCase === undefined ? {} : { worstCase: spec.worstCase }),
  };
}
