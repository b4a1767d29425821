import type { Json } from "../json.ts";
import { parseCondition, type ConditionScope } from "./condition.ts";
import { asText, resolveTemplate, type ReferenceScope } from "./references.ts";
import type { RunState, StepState } from "./state.ts";

/** The step's input, references resolved; SecretRefs stay references. */
export function inputOf(state: RunState, of: StepState): Json {
  return of.step.kind === "tool" ? resolveTemplate(of.step.input, scopeOf(state, of)) : null;
}

/** The concurrency key of a step that is about to start; null when it has none. */
export function slotKey(state: RunState, of: StepState): string | null {
  if (of.step.kind !== "tool" || of.step.concurrencyKey === undefined) return null;
  return asText(resolveTemplate(of.step.concurrencyKey, scopeOf(state, of)));
}

/** @throws ConditionError when the condition can't be evaluated to a boolean. */
export function conditionHolds(state: RunState, of: StepState): boolean {
  if (of.step.when === undefined) return true;
  const condition = parseCondition(of.step.when);
  return condition.evaluate(conditionScope(state, of, condition.steps));
}

/** What references of the step's templates resolve against. */
export function scopeOf(state: RunState, of: StepState): ReferenceScope {
  return {
    output: (id) => state.steps.get(id)?.output ?? null,
    item: of.item?.value ?? null,
    run: runFacts(state),
  };
}

function conditionScope(state: RunState, of: StepState, ids: readonly string[]): ConditionScope {
  const steps = Object.fromEntries(
    ids.map((id) => {
      const one = state.steps.get(id);
      return [id, { output: one?.output ?? null, status: one?.status ?? "pending" }];
    }),
  );
  return { steps, item: of.item?.value ?? null, run: runFacts(state) };
}

function runFacts(state: RunState) {
  return { id: state.id, environment: state.plan.environment, requester: state.requester.name, goal: state.plan.goal };
}
