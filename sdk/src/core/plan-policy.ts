import type { ErrorData } from "../error-data.ts";
import type { Plan } from "../plan.ts";
import type { PolicyFacts } from "./input.ts";
import type { Machine } from "./machine.ts";
import type { RunState } from "./state.ts";

const startedOn = new WeakMap<RunState, string>();

/** What policy has against the plan by now, for a step that no change set covers. Asked once for each change of policies. */
export function whyDenied({ state, around }: Machine): ErrorData | null {
  const { basis = "" } = around;
  if (basis === "" || startedOn.get(state) === basis) return null;
  const { decision } = around.assess(startFacts(state));
  if (decision.result === "deny") return denial(decision.policies, decision.reasons);
  startedOn.set(state, basis);
  return null;
}

/** What policy is asked about a plan before it starts. */
export function startFacts({ plan, requester }: RunState): PolicyFacts {
  return {
    scope: "start",
    environment: plan.environment,
    runbook: plan.runbook?.name ?? null,
    requester,
    effect: "drafts",
    counts: { add: 0, change: 0, destroy: 0 },
    tools: plan.tools.map(({ name, effect }) => ({ tool: name, effect })),
    undoable: true,
    deferred: 0,
    ...taintOf(plan),
  };
}

/** For plans of a model that had read what nobody vouches for. */
export function taintOf({ tainted = [] }: Plan): Pick<PolicyFacts, "tainted"> {
  return tainted.length > 0 ? { tainted: true } : {};
}

export function denial(policies: readonly string[], reasons: readonly string[]): ErrorData {
  return {
    code: "policy_denied",
    message: `Policy ${policies.join(", ")} denies this: ${reasons.join(" ")}`,
    retryable: false,
    details: { policies, reasons },
  };
}
