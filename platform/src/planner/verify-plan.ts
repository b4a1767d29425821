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

/** The acceptance checks of another plan for the same goal, behind all that this one does. */
export function withChecksOf(before: Plan, plan: Plan): Plan {
  const after = plan.steps.map(({ id }) => id);
  const checks = before.steps.filter(
    (step) =>
      step.kind === "tool" && step.agent === "check" && /^acceptance\d+$/.test(step.id) && !after.includes(step.id),
  );
  return { ...plan, steps: [...plan.steps, ...checks.map((step) => ({ ...step, after }))] };
}

function describe(check: AcceptanceCheck): string {
  const text =
    check.kind === "http"
      ? `Check that ${check.url} answers ${check.status}`
      : `Check that p${check.percentile} of ${check.url} is below ${check.ms} ms`;
  return text.slice(0, 200);
}
