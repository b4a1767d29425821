import type { Retry, Step, WaitFor } from "./plan.ts";
import { makeRef, toTemplate, type Input, type Ref } from "./ref.ts";
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

export interface PlanBuilder {
  readonly environment: string;
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
  wait(id: string, waitFor: WaitFor, options?: Pick<StepOptions, "title" | "after" | "when">): StepHandle;
  /** A sub-run of another runbook. */
  subRun(
    id: string,
    runbook: string,
    parameters: Input<unknown>,
    options?: Pick<StepOptions, "title" | "after" | "when">,
  ): StepHandle<Record<string, unknown>>;
}

/** Collects steps in the order they are written. The result is data; nothing runs. */
export function createPlanBuilder(environment: string): PlanBuilder & { readonly steps: Step[] } {
  const steps: Step[] = [];
  const add = <Out>(step: Step): StepHandle<Out> => {
    steps.push(step);
    return { id: step.id, output: makeRef<Out>("$ref", [step.id]) };
  };
  return {
    environment,
    steps,
    run: makeRef("$run", []),
    step: (id, tool, input, options = {}) => add(toolStep(id, tool, input, options)),
    each: (id, items, tool, input, options = {}) =>
      add({
        ...toolStep(id, tool, input(makeRef("$item", [])), options),
        each: toTemplate(items),
        ...(options.parallel === undefined ? {} : { parallel: options.parallel }),
      }),
    wait: (id, waitFor, options = {}) => add({ kind: "wait", for: waitFor, ...common(id, options) }),
    subRun: (id, runbook, parameters, options = {}) =>
      add({ kind: "run", runbook, parameters: toTemplate(parameters), ...common(id, options) }),
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

function common(id: string, { title, after, when }: StepOptions) {
  return {
    id,
    after: (after ?? []).map((step) => step.id),
    ...(title === undefined ? {} : { title }),
    ...(when === undefined ? {} : { when }),
  };
}

export const defaultRetry: Retry = { attempts: 1, initialMs: 1_000, factor: 2, maxMs: 60_000 };
