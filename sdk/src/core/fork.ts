import {
  ForkPathInvalidError,
  ForkStepKeptError,
  ForkStepUndoneError,
  ForkStepUnknownError,
  RunNotEndedError,
} from "../fork-errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Fact, Plan, Step, Template } from "../plan.ts";
import type { RunState, StepState } from "./state.ts";

export interface ForkRequest {
  /** The first step that is carried out anew. */
  from: string;
  /** Edits of inputs (of a sub-run: its parameters), in order; `step` is the fork point unless given. */
  set: readonly { step?: string | undefined; path: readonly (string | number)[]; value: Json }[];
  /** Other items, where the fork point is a loop. */
  each?: Json | undefined;
  goal?: string | undefined;
}

export interface Fork {
  plan: Plan;
  /** Steps whose outputs are taken over. */
  kept: string[];
  /** Steps that are carried out anew, or for the first time. */
  again: string[];
  /** Of those: steps that took effect in the source, where it stays. */
  standing: string[];
}

/**
 * The plan that goes on from a step of a run that has ended. What is settled and stands neither at the fork point nor behind
 * it becomes a fact; everything else is carried out. An approval inside the plan was given to other inputs, so it is asked
 * for again, and every step that is carried out and stood behind it waits for it.
 * @throws RunNotEndedError, ForkStepUnknownError, ForkStepUndoneError, ForkStepKeptError, ForkPathInvalidError
 */
export function forkPlan(source: RunState, request: ForkRequest): Fork {
  const { plan, graph } = source;
  if (source.status === null) throw new RunNotEndedError(source.id, source.phase);
  const ids = plan.steps.map(({ id }) => id);
  if (!ids.includes(request.from)) throw new ForkStepUnknownError(source.id, request.from, ids);
  const anew = new Set([request.from, ...graph.descendants(request.from)]);
  for (const id of ids) if (!isKept(source, id)) anew.add(id);
  const kept = ids.filter((id) => !anew.has(id));
  for (const id of kept) assertStands(source, id);
  const asked = ids.filter((id) => anew.has(id) && isAskedAgain(source, id));
  const steps = plan.steps.map((step) => {
    if (!anew.has(step.id)) return step;
    const waits = asked.filter((id) => graph.descendants(id).has(step.id) && !step.after.includes(id));
    return waits.length === 0 ? step : { ...step, after: [...step.after, ...waits] };
  });
  const { facts: _, ...frame } = plan;
  return {
    plan: {
      ...frame,
      // What was edited isn't the runbook's plan any more, and no policy for the runbook may speak for it.
      runbook: null,
      goal: request.goal ?? plan.goal,
      steps: edited(steps, request, anew),
      ...(kept.length === 0 ? {} : { facts: Object.fromEntries(kept.map((id) => [id, factOf(source, id)])) }),
    },
    kept,
    again: ids.filter((id) => anew.has(id)),
    standing: ids.filter((id) => anew.has(id) && statesOf(source, id).some(takesEffectStill)),
  };
}

function isKept(source: RunState, id: string): boolean {
  const { status } = stateOf(source, id);
  return (status === "succeeded" || status === "skipped") && !isAskedAgain(source, id);
}

/** A dry run passes waits without waiting. */
function isAskedAgain(source: RunState, id: string): boolean {
  const { step, status } = stateOf(source, id);
  return step.kind === "wait" && status === "succeeded" && (step.for.kind === "approval" || source.dryRun);
}

/** @throws ForkStepUndoneError where what the step did was undone, or is to be. */
export function assertStands(source: RunState, id: string): void {
  const undone = statesOf(source, id).find(({ undo }) => undo !== null && undo.status !== "skipped");
  if (undone) throw new ForkStepUndoneError(source.id, undone.key);
}

/** Of a fork of a fork: what the first run recorded. */
function factOf(source: RunState, id: string): Fact {
  const { status, output } = stateOf(source, id);
  const known = source.graph.facts.get(id);
  return known ?? { status: status as Fact["status"], output, from: { run: source.id, step: id } };
}

function takesEffectStill({ touched, undo }: StepState): boolean {
  return touched && undo?.status !== "done";
}

function stateOf(source: RunState, id: string): StepState {
  return source.steps.get(id) as StepState;
}

/** The step's, and its items' where it is a loop. */
function statesOf(source: RunState, id: string): StepState[] {
  const one = stateOf(source, id);
  return [one, ...(one.items ?? []).map((key) => source.steps.get(key) as StepState)];
}

function edited(steps: readonly Step[], { from, set, each }: ForkRequest, anew: ReadonlySet<string>): Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  if (each !== undefined) {
    const step = byId.get(from) as Step;
    if (step.each === undefined) throw new ForkPathInvalidError(from, "each", "the step is no loop");
    byId.set(from, { ...step, each });
  }
  for (const { step: id = from, path, value } of set) {
    const step = byId.get(id);
    if (step === undefined || !anew.has(id)) throw new ForkStepKeptError(id, from, [...anew]);
    byId.set(id, withInput(step, path, value));
  }
  return steps.map(({ id }) => byId.get(id) as Step);
}

function withInput(step: Step, path: readonly (string | number)[], value: Json): Step {
  const edit = (template: Template): Template => setAt(template, path, value, { step: step.id, path: path.join(".") });
  switch (step.kind) {
    case "tool":
      return { ...step, input: edit(step.input) };
    case "run":
      return { ...step, parameters: edit(step.parameters) };
    case "wait":
      throw new ForkPathInvalidError(step.id, path.join("."), "a wait has no input");
    default:
      return step satisfies never;
  }
}

/** The template with one part replaced; objects on the way are made where there is nothing yet. */
function setAt(
  template: Template,
  [key, ...rest]: readonly (string | number)[],
  value: Json,
  at: { step: string; path: string },
): Template {
  if (key === undefined) return value;
  if (Array.isArray(template)) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index > template.length)
      throw new ForkPathInvalidError(at.step, at.path, `the list has ${template.length} items, and ${key} is none`);
    const list = [...(template as readonly Json[])];
    list[index] = setAt(list[index] ?? null, rest, value, at);
    return list;
  }
  if (template !== null && typeof template !== "object")
    throw new ForkPathInvalidError(at.step, at.path, `there is a ${typeof template} where ${key} should be a part`);
  const object = (template ?? {}) as JsonObject;
  const [only = ""] = Object.keys(object);
  if (only.startsWith("$"))
    throw new ForkPathInvalidError(at.step, at.path, `a reference (${only}) stands there; set the whole of it`);
  const inner = Object.hasOwn(object, key) ? (object[key] as Json) : null;
  return { ...object, [key]: setAt(inner, rest, value, at) };
}
