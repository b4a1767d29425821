import {
  checkPlan,
  createPlanBuilder,
  IncludeKeyConflictError,
  makePlan,
  PlanInvalidError,
  RunbookUnknownError,
  UnknownToolError,
  type Capabilities,
  type JsonObject,
  type Plan,
  type PlanDraft,
  type StepHandle,
} from "@gantry/sdk";

interface DraftFacts {
  known: Capabilities;
  goal: string;
  environment: string;
  /** Variables by name, as they are in that environment. */
  variables: Readonly<Record<string, string>>;
  /** From where text came that nobody vouches for. */
  tainted: readonly string[];
}

type DraftStep = PlanDraft["steps"][number];

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
  if (only?.kind === "runbook" && others.length === 0) {
    const request = { runbook: only.name, parameters: inputOf(only), environment, goal, variables: facts.variables };
    return checkPlan(known, { ...makePlan(known, request), tainted });
  }
  return checkPlan(known, { ...built(draft, facts), tainted });
}

function built({ steps, onFailure }: PlanDraft, { known, environment, goal, variables }: DraftFacts) {
  const builder = createPlanBuilder(environment, variables);
  for (const step of steps) {
    const { id, title, kind, name } = step;
    const after = step.after.map((one): StepHandle => ({ id: one }) as StepHandle);
    const input = inputOf(step);
    if (kind === "runbook") {
      const found = known.runbooks.get(name);
      if (found === undefined) throw new RunbookUnknownError(name, [...known.runbooks.keys()]);
      builder.include(id, found.runbook, input, { after });
    } else {
      const found = known.tools.get(name);
      if (found === undefined) throw new UnknownToolError(id, name);
      builder.step(id, found.tool, input, { title: title.slice(0, 200), after });
    }
  }
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

/** @throws PlanInvalidError */
function inputOf({ id, input }: DraftStep): JsonObject {
  try {
    const read: unknown = JSON.parse(input);
    if (typeof read === "object" && read !== null && !Array.isArray(read)) return read as JsonObject;
  } catch {
    // Said below.
  }
  throw new PlanInvalidError([{ path: `steps.${id}.input`, message: "it must be the text of a JSON object" }]);
}
