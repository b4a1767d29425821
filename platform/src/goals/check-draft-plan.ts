import {
  ParametersInvalidError,
  PlanInvalidError,
  problemsOf,
  StepInputInvalidError,
  type Capabilities,
  type Json,
  type JsonObject,
  type Plan,
  type Step,
} from "@gantry/sdk";
import { resolveTemplate } from "@gantry/sdk/core";
import { z } from "zod";

/**
 * What of a drafted plan is known before it runs, besides what every plan is checked for: that references lead somewhere in what a tool gives, and
 * that what is done per item fits for each item that is named.
 *
 * @throws PlanInvalidError, StepInputInvalidError, ParametersInvalidError
 */
export function checkDraftPlan(known: Capabilities, { steps }: Plan): void {
  const byId = new Map(steps.map((step) => [step.id, step]));
  for (const step of steps) {
    for (const path of pathsIn(step as unknown as Json)) {
      const [target, ...rest] = path;
      const there = leadsTo(known, byId.get(String(target)), rest);
      if (there === null) continue;
      const message = `${path.join(".")} leads nowhere; there is ${there.slice(0, 20).join(", ")}`;
      throw new PlanInvalidError([{ path: `steps.${step.id}`, message }]);
    }
    if (Array.isArray(step.each)) for (const item of step.each as readonly Json[]) checkFor(known, step, item);
    else if (step.each === undefined && step.kind === "run") checkFor(known, step, null);
  }
}

/** Nothing can be said of values that only the run gives. */
function checkFor(known: Capabilities, step: Step, item: Json): void {
  if (step.kind === "wait") return;
  const template = step.kind === "tool" ? step.input : step.parameters;
  if (/"\$(ref|run|secret|join)"/.test(JSON.stringify([template, item]))) return;
  const value = resolveTemplate(template, { output: () => null, item, run: {} });
  if (step.kind === "tool") {
    const parsed = known.tools.get(step.tool)?.tool.spec.input.safeParse(value);
    if (parsed?.success === false) throw new StepInputInvalidError(step.id, step.tool, problemsOf(parsed.error));
  } else {
    const parsed = known.runbooks.get(step.runbook)?.runbook.spec.parameters.safeParse(value);
    if (parsed?.success === false) throw new ParametersInvalidError(step.runbook, problemsOf(parsed.error));
  }
}

/** What there is instead, where a path into a step's output leads nowhere; null: it may lead somewhere. */
function leadsTo(known: Capabilities, step: Step | undefined, path: readonly (string | number)[]): string[] | null {
  const spec = step?.kind === "tool" ? known.tools.get(step.tool)?.tool.spec : undefined;
  if (step === undefined || spec === undefined) return null;
  const output = z.toJSONSchema(spec.output, { unrepresentable: "any" }) as JsonObject;
  let here: JsonObject = step.each === undefined ? output : { type: "array", items: output };
  let before = step.id;
  for (const part of path) {
    const { properties, items, additionalProperties } = here;
    if (here["type"] === "array") {
      if (typeof part === "string" && !/^\d+$/.test(part)) return [`${before}.0`];
      here = (items ?? {}) as JsonObject;
    } else {
      const own = (properties ?? {}) as JsonObject;
      if (additionalProperties === false && !Object.hasOwn(own, part))
        return Object.keys(own).map((name) => `${before}.${name}`);
      here = (own[part] ?? {}) as JsonObject;
    }
    before += `.${part}`;
  }
  return null;
}

function pathsIn(template: Json): (readonly (string | number)[])[] {
  if (typeof template !== "object" || template === null) return [];
  const { $ref: path } = template as { $ref?: Json };
  if (Array.isArray(path) && Object.keys(template).length === 1) return [path as (string | number)[]];
  return Object.values(template).flatMap(pathsIn);
}
