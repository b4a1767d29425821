import type { JsonObject } from "./json.ts";
import { flattenIncludes, type IncludedSteps } from "./include-steps.ts";
import { problemsOf } from "./parameter-problems.ts";
import type { Retry, Step, WaitFor } from "./plan.ts";
import { IncludeCyclicError, ParametersInvalidError, PlanInvalidError, VariableUnknownError } from "./plan-errors.ts";
import { makeRef, toTemplate, type Input, type Ref } from "./ref.ts";
import type { ReadVariable, Runbook } from "./runbook.ts";
import type { Tool } from "./tool.ts";

export interface StepOptions {
  title?: string;
  after?: readonly StepHandle[];
  /** CEL, best written with the `cel` tag. */
  when?: string;
  timeoutMs?: number;
  retry?: Partial<Retry>;
  concurrencyKey?: Input<string>;
  undo?: "tool" | "none";
}

export interface StepHandle<Output = unknown> {
  readonly id: string;
  readonly output: Ref<Output>;
}

type CommonOptions = Pick<StepOptions, "title" | "after" | "when">;

export interface PlanBuilder {
  readonly environment: string;
  /** The value of a variable, the nearest to the environment; it becomes a part of the plan. @throws VariableUnknownError */
  readonly variable: ReadVariable;
  /** Facts of the run, known when it starts. */
  readonly run: Ref<{ id: string; environment: string; requester: string }>;
  step<In, Out>(id: string, tool: Tool<In, Out>, input: Input<In>, options?: StepOptions): StepHandle<Out>;
  /** Runs the tool once per item of a list; the output is the list of outputs. */
  each<Item, In, Out>(
    id: string,
    items: Input<readonly Item[]>,
    tool: Tool<In, Out>,
    input: (item: Ref<Item>) => Input<In>,
    options?: StepOptions & { parallel?: number },
  ): StepHandle<Out[]>;
  wait(id: string, waitFor: WaitFor, options?: CommonOptions): StepHandle;
  /** A sub-run of another runbook, with its own plan, change set and history. `name@version` pins its version. */
  subRun(
    id: string,
    runbook: string,
    parameters: Input<unknown>,
    options?: CommonOptions,
  ): StepHandle<Record<string, unknown>>;
  /** A sub-run per item of a list. */
  eachSubRun<Item>(
    id: string,
    items: Input<readonly Item[]>,
    runbook: string,
    parameters: (item: Ref<Item>) => Input<unknown>,
    options?: CommonOptions & { parallel?: number },
  ): StepHandle<Record<string, unknown>[]>;
  /**
   * The steps of another runbook as steps of this plan, their ids behind `<id>_`. The output holds theirs by their own ids, as
   * a sub-run's does. What the runbook says of failure and deadline doesn't come along; its concurrency key does.
   *
   * @throws ParametersInvalidError, IncludeCyclicError
   */
  include(
    id: string,
    runbook: Runbook,
    parameters: JsonObject,
    options?: Pick<StepOptions, "after" | "when">,
  ): StepHandle<Record<string, unknown>>;
}

/** What a builder collected. */
export interface BuiltPlan {
  readonly steps: Step[];
  /** Concurrency keys of included runbooks. */
  readonly keys: ReadonlySet<string>;
  /** Variables that were read. */
  readonly variables: ReadonlyMap<string, string>;
}

/** Shared by the builders of included runbooks: a few files that include each other ten times each must not make billions. */
interface Inclusion {
  readonly variables: { readonly set: Readonly<Record<string, string>>; readonly read: Map<string, string> };
  readonly path: readonly Runbook[];
  readonly budget: { steps: number; includes: number };
}

const maximumSteps = 1_000;

/** Collects steps in the order they are written. The result is data; nothing runs. */
export function createPlanBuilder(
  environment: string,
  variables: Readonly<Record<string, string>> = {},
): PlanBuilder & BuiltPlan {
  const budget = { steps: maximumSteps, includes: maximumSteps };
  return builderOf(environment, { path: [], budget, variables: { set: variables, read: new Map() } });
}

function builderOf(environment: string, inclusion: Inclusion): PlanBuilder & BuiltPlan {
  const { set, read } = inclusion.variables;
  const written: (Step | IncludedSteps)[] = [];
  const keys = new Set<string>();
  const add = <Out>(step: Step): StepHandle<Out> => {
    inclusion.budget.steps -= 1;
    if (inclusion.budget.steps < 0) throw tooMany(`It has more than ${maximumSteps} steps`);
    written.push(step);
    return { id: step.id, output: makeRef<Out>("$ref", [step.id]) };
  };
  const variable: ReadVariable = (name) => {
    const value = Object.hasOwn(set, name) ? set[name] : undefined;
    if (value === undefined) throw new VariableUnknownError(name, environment);
    read.set(name, value);
    return value;
  };
  return {
    environment,
    variable,
    variables: read,
    get steps() {
      return flattenIncludes(written);
    },
    keys,
    run: makeRef("$run", []),
    step: (id, tool, input, options = {}) => add(toolStep(id, tool, input, options)),
    each: (id, items, tool, input, options = {}) =>
      add({ ...toolStep(id, tool, input(makeRef("$item", [])), options), ...loop(items, options) }),
    wait: (id, waitFor, options = {}) => add({ kind: "wait", for: waitFor, ...common(id, options) }),
    subRun: (id, runbook, parameters, options = {}) =>
      add({ kind: "run", runbook, parameters: toTemplate(parameters), ...common(id, options) }),
    eachSubRun: (id, items, runbook, parameters, options = {}) =>
      add({
        kind: "run",
        runbook,
        parameters: toTemplate(parameters(makeRef("$item", []))),
        ...common(id, options),
        ...loop(items, options),
      }),
    include(id, runbook, parameters, options = {}) {
      const { spec } = runbook;
      const { path, budget } = inclusion;
      if (path.includes(runbook)) throw new IncludeCyclicError([...path, runbook].map(({ name }) => name));
      budget.includes -= 1;
      if (budget.includes < 0) throw tooMany(`It includes other runbooks more than ${maximumSteps} times`);
      const parsed = spec.parameters.safeParse(parameters);
      if (!parsed.success) throw new ParametersInvalidError(runbook.name, problemsOf(parsed.error));
      const inner = builderOf(environment, { ...inclusion, path: [...path, runbook] });
      spec.plan(inner, parsed.data);
      const key = spec.concurrencyKey?.(parsed.data, environment, variable);
      for (const one of [...inner.keys, ...(key === undefined ? [] : [key])]) keys.add(one);
      written.push({ kind: "include", steps: inner.steps, ...common(id, options) });
      return { id, output: makeRef("$ref", [id]) };
    },
  };
}

function toolStep(id: string, tool: { name: string; spec: unknown }, input: unknown, options: StepOptions): Step {
  const { timeoutMs, retry, concurrencyKey, undo } = options;
  return {
    kind: "tool",
    ...common(id, options),
    agent: tool.name.slice(0, tool.name.indexOf(".")),
    tool: tool.name,
    input: toTemplate(input),
    undo: undo ?? "tool",
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retry === undefined ? {} : { retry: { ...defaultRetry, ...retry } }),
    ...(concurrencyKey === undefined ? {} : { concurrencyKey: toTemplate(concurrencyKey) }),
  };
}

function common(id: string, { title, after, when }: CommonOptions) {
  return {
    id,
    after: (after ?? []).map((step) => step.id),
    ...(title === undefined ? {} : { title }),
    ...(when === undefined ? {} : { when }),
  };
}

function loop(items: unknown, { parallel }: { parallel?: number }) {
  return { each: toTemplate(items), ...(parallel === undefined ? {} : { parallel }) };
}

function tooMany(message: string): PlanInvalidError {
  return new PlanInvalidError([{ path: "steps", message: `${message}; split it into sub-runs` }]);
}

export const defaultRetry: Retry = { attempts: 1, initialMs: 1_000, factor: 2, maxMs: 60_000 };
