import { z } from "zod";
import { Risk } from "../../change-set.ts";
import type { PlanView } from "../../api/plans.ts";
import { Effect } from "../../plan.ts";

/** A plan as somebody reads it. */
export const PlanBrief = z.object({
  digest: z.string(),
  runbook: z.string().nullable(),
  environment: z.string(),
  steps: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      tool: z.string().nullable(),
      effect: Effect.nullable(),
      after: z.array(z.string()),
    }),
  ),
  omittedSteps: z.int(),
  /** The strictest that policy may say. */
  decision: z.object({
    result: z.enum(["allow", "deny", "require_approval"]),
    reasons: z.array(z.string()),
    approvals: z.array(z.object({ group: z.string(), count: z.int() })),
  }),
  risk: Risk,
  onFailure: z.enum(["stop", "undo"]),
});

export function briefPlan({ digest, plan, decision, risk }: PlanView): z.input<typeof PlanBrief> {
  const effects = new Map(plan.tools.map(({ name, effect }) => [name, effect]));
  return {
    digest,
    runbook: plan.runbook === null ? null : `${plan.runbook.name}@${plan.runbook.version}`,
    environment: plan.environment,
    steps: plan.steps.slice(0, most).map((step) => {
      const named = step.kind === "tool" ? step.tool : null;
      const effect = named === null ? null : (effects.get(named) ?? null);
      return { id: step.id, title: step.title ?? step.id, tool: named, effect, after: [...(step.after ?? [])] };
    }),
    omittedSteps: Math.max(0, plan.steps.length - most),
    decision: {
      result: decision.result,
      reasons: [...decision.reasons],
      approvals: decision.approvals.map(({ group, count }) => ({ group, count })),
    },
    risk,
    onFailure: plan.onFailure,
  };
}

const most = 200;
