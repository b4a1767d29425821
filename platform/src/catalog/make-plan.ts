import { createPlanBuilder, Plan, type JsonObject, type Step } from "@gantry/sdk";
import { graphOf, resolveTemplate, referencedSteps } from "@gantry/sdk/core";
import type { z } from "zod";
import type { Catalog } from "./catalog.ts";
import { ParametersInvalidError, PlanInvalidError, RunbookUnknownError, StepInputInvalidError } from "./errors.ts";

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
export function makePlan(catalog: Catalog, { runbook: name, parameters, environment, goal }: PlanRequest): Plan {
  const found = catalog.runbooks.get(name);
  if (!found) throw new RunbookUnknownError(name, [...catalog.runbooks.keys()]);
  const { spec } = found.runbook;
  const parsed = spec.parameters.safeParse(parameters);
  if (!parsed.success) throw new ParametersInvalidError(name, problemsOf(parsed.error));
  const builder = createPlanBuilder(environment);
  spec.plan(builder, parsed.data);
  return checkPlan(catalog, {
    format: 1,
    goal: goal ?? spec.title,
    runbook: { name, version: spec.version },
    parameters,
    environment,
    steps: builder.steps,
    tools: toolsOf(catalog, builder.steps),
    onFailure: spec.onFailure ?? "stop",
    ...(spec.deadlineMs === undefined ? {} : { deadlineMs: spec.deadlineMs }),
    ...(spec.concurrencyKey === undefined ? {} : { concurrencyKey: spec.concurrencyKey(parsed.data, environment) }),
  });
}

/**
 * Checks a plan from anywhere and freezes into it what the catalog knows of its tools, whatever it said of them itself.
 * @throws PlanInvalidError, StepInputInvalidError, and the errors of the graph: cycles, unknown tools and references.
 */
export function checkPlan(catalog: Catalog, candidate: unknown): Plan {
  const parsed = Plan.safeParse(candidate);
  if (!parsed.success) throw new PlanInvalidError(problemsOf(parsed.error));
  const plan = { ...parsed.data, tools: toolsOf(catalog, parsed.data.steps) };
  graphOf(plan);
  for (const step of plan.steps) checkInput(catalog, step);
  return plan;
}

function toolsOf(catalog: Catalog, steps: readonly Step[]): Plan["tools"] {
  const names = new Set(steps.flatMap((step) => (step.kind === "tool" ? [step.tool] : [])));
  return [...names].toSorted().flatMap((name) => catalog.tools.get(name)?.facts ?? []);
}

/** An input without references can be checked before anything runs; the others when their step starts. */
function checkInput(catalog: Catalog, step: Step): void {
  if (step.kind !== "tool" || step.each !== undefined) return;
  const text = JSON.stringify(step.input);
  if (referencedSteps(step.input).size > 0 || /"\$(run|secret|item|join)"/.test(text)) return;
  const nothing = { output: () => null, item: null, run: {} };
  const parsed = catalog.tools.get(step.tool)?.tool.spec.input.safeParse(resolveTemplate(step.input, nothing));
  if (parsed && !parsed.success) throw new StepInputInvalidError(step.id, step.tool, problemsOf(parsed.error));
}

function problemsOf(error: z.ZodError): { path: string; message: string }[] {
  return error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
}
