import type { Plan, Step } from "@gantry/sdk";
import type { AcceptanceCheck } from "./checks.ts";

/** The plan with a step for each acceptance check behind all that it does: the run succeeds only when they hold. */
export function withChecks(plan: Plan, checks: readonly AcceptanceCheck[]): Plan {
  const after = plan.steps.map(({ id }) => id);
  const steps = checks.map((check, index): Step => {
    const { kind, ...input } = check;
    return {
      kind: "tool",
      id: `acceptance${index + 1}`,
      title: describe(check),
      agent: "check",
      tool: `check.${kind}`,
      input,
      after,
      undo: "tool",
    };
  });
  return { ...plan, steps: [...plan.steps, ...steps] };
}

function describe(check: AcceptanceCheck): string {
  const text =
    check.kind === "http"
      ? `Check that ${check.url} answers ${check.status}`
      : `Check that p${check.percentile} of ${check.url} is below ${check.ms} ms`;
  return text.slice(0, 200);
}
