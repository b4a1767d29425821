import {
  checkPlan,
  createPlanBuilder,
  IncludeKeyConflictError,
  makePlan,
  type Capabilities,
  type Plan,
  type PlanDraft,
} from "@gantry/sdk";
import { checkDraftPlan } from "./check-draft-plan.ts";
import { addDraftStep, inputOf, isWhole } from "./draft-step.ts";

interface DraftFacts {
  known: Capabilities;
  goal: string;
  environment: string;
  /** Variables by name, as they are in that environment. */
  variables: Readonly<Record<string, string>>;
  /** From where text came that nobody vouches for. */
  tainted: readonly string[];
}

/**
 * The plan that a draft stands for, checked like a plan from anywhere. A runbook by itself gives its very plan; among other steps its steps
 * become steps of this one, so that people see and approve all of them.
 *
 * @throws PlanInvalidError, UnknownToolError, RunbookUnknownError, ParametersInvalidError, and the errors of `checkPlan`
 */
export function planOfDraft(draft: PlanDraft, facts: DraftFacts): Plan {
  const { known, environment, goal } = facts;
  const tainted = [...new Set(facts.tainted.map((one) => one.slice(0, 200)))].slice(0, 100);
  const [only, ...others] = draft.steps;
  if (only !== undefined && others.length === 0 && isWhole(only)) {
    const request = { runbook: only.name, parameters: inputOf(only), environment, goal, variables: facts.variables };
    return checkPlan(known, { ...makePlan(known, request), tainted });
  }
  const plan = checkPlan(known, { ...built(draft, facts), tainted });
  checkDraftPlan(known, plan);
  return plan;
}

function built({ steps, onFailure }: PlanDraft, { known, environment, goal, variables }: DraftFacts) {
  const builder = createPlanBuilder(environment, variables);
  for (const step of steps) addDraftStep(builder, step, known);
  const [concurrencyKey, ...conflicting] = builder.keys;
  if (concurrencyKey !== undefined && conflicting.length > 0)
    throw new IncludeKeyConflictError("this plan", [concurrencyKey, ...conflicting]);
  return {
    format: 1,
    goal,
    runbook: null,
    parameters: {},
    ...(builder.variables.size > 0 && { variables: Object.fromEntries(builder.variables) }),
    environment,
    steps: builder.steps,
    tools: [],
    onFailure,
    ...(concurrencyKey !== undefined && { concurrencyKey }),
  };
}
