import { CyclicPlanError, DuplicateStepError, UnknownReferenceError, UnknownToolError } from "../plan-errors.ts";
import { touchesWorld, type Fact, type Plan, type Step, type Template, type ToolFacts } from "../plan.ts";
import { parseCondition } from "./condition.ts";
import { referencedSteps } from "./references.ts";

/** What follows from a plan alone; worked out once per plan. */
export interface Graph {
  /** Ids in an order in which every step stands behind those that it waits for. */
  readonly order: readonly string[];
  readonly dependencies: ReadonlyMap<string, ReadonlySet<string>>;
  /** The part of the dependencies whose output the input or loop needs: if one was skipped, so is the step. */
  readonly data: ReadonlyMap<string, ReadonlySet<string>>;
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  /** Steps that only read or draft and wait for nothing else: they run before the gate. */
  readonly preparation: ReadonlySet<string>;
  readonly tools: ReadonlyMap<string, ToolFacts>;
  /** Steps that another run has settled. */
  readonly facts: ReadonlyMap<string, Fact>;
  /** Ids of tool steps that may change or destroy and are no facts, in order. */
  readonly touching: readonly string[];
  /** Every step behind a step, however far. */
  descendants(id: string): ReadonlySet<string>;
}

const graphs = new WeakMap<Plan, Graph>();

/**
 * The plan's graph.
 * @throws DuplicateStepError, UnknownReferenceError, UnknownToolError, CyclicPlanError, ConditionError, InvalidReferenceError
 */
export function graphOf(plan: Plan): Graph {
  let graph = graphs.get(plan);
  if (!graph) graphs.set(plan, (graph = buildGraph(plan)));
  return graph;
}

function buildGraph(plan: Plan): Graph {
  const steps = new Map<string, Step>();
  for (const step of plan.steps) {
    if (steps.has(step.id)) throw new DuplicateStepError(step.id);
    steps.set(step.id, step);
  }
  const tools = new Map(plan.tools.map((tool) => [tool.name, tool]));
  const facts = new Map(Object.entries(plan.facts ?? {}));
  const dependencies = new Map<string, Set<string>>();
  const data = new Map<string, Set<string>>();
  for (const step of plan.steps) {
    if (step.kind === "tool" && !tools.has(step.tool)) throw new UnknownToolError(step.id, step.tool);
    const needed = dataOf(step);
    const all = new Set([
      ...needed,
      ...step.after,
      ...(step.when === undefined ? [] : parseCondition(step.when).steps),
    ]);
    for (const id of all) if (!steps.has(id)) throw new UnknownReferenceError(step.id, id, [...steps.keys()]);
    data.set(step.id, needed);
    dependencies.set(step.id, all);
  }
  const order = sort(dependencies);
  const dependents = new Map<string, string[]>(order.map((id) => [id, []]));
  for (const [id, needed] of dependencies) for (const one of needed) dependents.get(one)?.push(id);
  const effectOf = (step: Step) => (step.kind === "tool" ? tools.get(step.tool)?.effect : undefined);
  const preparation = new Set<string>();
  for (const id of order) {
    const effect = effectOf(steps.get(id) as Step);
    const early = [...(dependencies.get(id) ?? [])].every((one) => preparation.has(one));
    if (facts.has(id) || (effect && !touchesWorld(effect) && early)) preparation.add(id);
  }
  const touching = order.filter((id) => !facts.has(id) && touchesWorld(effectOf(steps.get(id) as Step) ?? "reads"));
  const reach = new Map<string, Set<string>>();
  const descendants = (id: string): Set<string> => {
    let found = reach.get(id);
    if (!found) {
      found = new Set((dependents.get(id) ?? []).flatMap((next) => [next, ...descendants(next)]));
      reach.set(id, found);
    }
    return found;
  };
  return { order, dependencies, data, dependents, preparation, tools, facts, touching, descendants };
}

function dataOf(step: Step): Set<string> {
  const templates: (Template | undefined)[] = [step.each];
  if (step.kind === "tool") templates.push(step.input, step.concurrencyKey);
  if (step.kind === "run") templates.push(step.parameters);
  if (step.kind === "wait" && step.for.kind === "time") templates.push(step.for.at);
  const found = new Set<string>();
  for (const template of templates) if (template !== undefined) referencedSteps(template, found);
  return found;
}

/** Kahn's algorithm, in plan order among equals. @throws CyclicPlanError naming one cycle. */
function sort(dependencies: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const left = new Map([...dependencies].map(([id, needed]) => [id, needed.size]));
  const dependents = new Map<string, string[]>();
  for (const [id, needed] of dependencies)
    for (const one of needed) dependents.set(one, [...(dependents.get(one) ?? []), id]);
  const order = [...left].filter(([, count]) => count === 0).map(([id]) => id);
  for (const id of order) {
    for (const next of dependents.get(id) ?? []) {
      const count = (left.get(next) ?? 0) - 1;
      left.set(next, count);
      if (count === 0) order.push(next);
    }
  }
  if (order.length === dependencies.size) return order;
  const stuck = new Set([...dependencies.keys()].filter((id) => !order.includes(id)));
  const path: string[] = [];
  let here = [...stuck][0] as string;
  while (!path.includes(here)) {
    path.push(here);
    here = [...(dependencies.get(here) ?? [])].find((one) => stuck.has(one)) as string;
  }
  throw new CyclicPlanError([...path.slice(path.indexOf(here)), here]);
}
