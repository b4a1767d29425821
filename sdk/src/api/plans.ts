import { z } from "zod";
import { Decision, Risk } from "../change-set.ts";
import { Digest } from "../json.ts";
import { Plan } from "../plan.ts";
import { Text } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { RunbookCall } from "./runs.ts";

/** A plan that was made and checked, and the strictest that policy may say of its change set. Nothing runs. */
export const PlanView = z.object({
  digest: Digest,
  plan: Plan,
  /** Of each step those that it waits for: because it says so, or because its inputs or its condition need them. */
  after: z.record(z.string(), z.array(z.string())),
  decision: Decision,
  risk: Risk,
});
export type PlanView = z.infer<typeof PlanView>;

export const plans = {
  create: endpoint({
    id: "plans.create",
    method: "POST",
    path: "/plans",
    summary: "Make a plan from a runbook and its parameters, without running it.",
    scope: "run",
    resource: { kind: "place", in: "body" },
    body: RunbookCall.extend({ goal: Text(2_000).optional() }).strict(),
    answer: PlanView,
  }),
} as const;
