import { parseCondition } from "./core/condition.ts";
import { referencedSteps } from "./core/references.ts";
import type { Json } from "./json.ts";
import type { Step, Template } from "./plan.ts";
import { UnknownReferenceError } from "./plan-errors.ts";
import { renameSteps } from "./rename-steps.ts";

/** Steps of an included runbook, where they stand in the plan that includes it. */
export interface IncludedSteps {
  kind: "include";
  id: string;
  after: string[];
  when?: string;
  steps: readonly Step[];
}

/**
 * One list of plain steps: an included step `switch` of `deploy` becomes `deploy_switch`, and what refers to it follows.
 * What waits for `deploy` waits for its last steps; its first ones wait for what `deploy` waits for.
 *
 * @throws UnknownReferenceError for a reference to an included runbook that names no step of it.
 */
export function flattenIncludes(written: readonly (Step | IncludedSteps)[]): Step[] {
  const includes = new Map(written.flatMap((one) => (one.kind === "include" ? [[one.id, one] as const] : [])));
  const flat = written.flatMap((one) => (one.kind === "include" ? prefixed(one) : [one]));
  if (includes.size === 0) return flat;
  return flat.map((step) => redirected(step, includes));
}

function prefixed({ id, after, when, steps }: IncludedSteps): Step[] {
  const own = new Set(steps.map((step) => step.id));
  const rename = (name: string): string => (own.has(name) ? `${id}_${name}` : name);
  return steps.map((step) => {
    const isFirst = dependenciesOf(step).size === 0;
    const renamed = mapStep(step, {
      reference: ([name, ...path]) => [rename(String(name)), ...path],
      condition: (text) => renameSteps(text, (name) => ({ name: rename(name) })),
    });
    const conditions = [when, renamed.when].filter((one) => one !== undefined);
    return {
      ...renamed,
      id: rename(step.id),
      after: [...(isFirst ? after : []), ...step.after.map(rename)],
      ...(conditions.length === 0
        ? {}
        : { when: conditions.length === 1 ? conditions[0] : conditions.map((one) => `(${one})`).join(" && ") }),
    };
  });
}

function redirected(step: Step, includes: ReadonlyMap<string, IncludedSteps>): Step {
  const inner = (include: IncludedSteps, name: string | number | undefined): string => {
    if (include.steps.some(({ id }) => id === name)) return `${include.id}_${String(name)}`;
    const known = include.steps.map(({ id }) => `${include.id}.output.${id}`);
    throw new UnknownReferenceError(step.id, `${include.id}.output.${name ?? "…"}`, known);
  };
  const mapped = mapStep(step, {
    reference(path) {
      const include = includes.get(String(path[0]));
      return include === undefined ? path : [inner(include, path[1]), ...path.slice(2)];
    },
    condition: (text) =>
      renameSteps(text, (name, output) => {
        const include = includes.get(name);
        return include === undefined ? { name } : { name: inner(include, output), takesOutput: true };
      }),
  });
  const after = step.after.flatMap((id) => {
    const include = includes.get(id);
    return include === undefined ? [id] : lastOf(include).map((last) => `${id}_${last}`);
  });
  return { ...mapped, after: [...new Set(after)] };
}

/** Those that no other step of it waits for. */
function lastOf({ steps }: IncludedSteps): string[] {
  const waitedFor = new Set(steps.flatMap((step) => [...dependenciesOf(step)]));
  return steps.flatMap(({ id }) => (waitedFor.has(id) ? [] : [id]));
}

function dependenciesOf(step: Step): Set<string> {
  const found = new Set([...step.after, ...(step.when === undefined ? [] : parseCondition(step.when).steps)]);
  for (const template of templatesOf(step)) referencedSteps(template, found);
  return found;
}

function templatesOf(step: Step): Template[] {
  const own =
    step.kind === "tool"
      ? [step.input, step.concurrencyKey]
      : step.kind === "run"
        ? [step.parameters]
        : [step.for.kind === "time" ? step.for.at : undefined];
  return [step.each, ...own].filter((one) => one !== undefined);
}

interface Change {
  reference(path: readonly (string | number)[]): readonly (string | number)[];
  condition(text: string): string;
}

function mapStep(step: Step, change: Change): Step {
  const of = (template: Template): Template => mapReferences(template, change.reference);
  const common = {
    ...(step.when === undefined ? {} : { when: change.condition(step.when) }),
    ...(step.each === undefined ? {} : { each: of(step.each) }),
  };
  switch (step.kind) {
    case "tool":
      return {
        ...step,
        ...common,
        input: of(step.input),
        ...(step.concurrencyKey === undefined ? {} : { concurrencyKey: of(step.concurrencyKey) }),
      };
    case "run":
      return { ...step, ...common, parameters: of(step.parameters) };
    case "wait":
      return { ...step, ...common, ...(step.for.kind === "time" ? { for: { ...step.for, at: of(step.for.at) } } : {}) };
    default:
      return step satisfies never;
  }
}

function mapReferences(template: Template, change: Change["reference"]): Template {
  if (typeof template !== "object" || template === null) return template;
  if (Array.isArray(template)) return template.map((one) => mapReferences(one as Json, change));
  const path = (template as { $ref?: Json }).$ref;
  if (Array.isArray(path) && Object.keys(template).length === 1) {
    return { $ref: change(path as (string | number)[]) as Json };
  }
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, mapReferences(value, change)]));
}
