import { z } from "zod";
import { Json } from "../json.ts";
import { Step } from "../plan.ts";
import { endpoint } from "./endpoint.ts";
import { RunParams, StepView } from "./runs.ts";

/** One step with what it was given. */
export const StepDetail = StepView.extend({
  /** As the plan has it, references and all. */
  definition: Step,
  /** With references resolved; null before everything that it refers to is settled. What looks like a secret is masked. */
  input: Json,
  /** Of a loop. */
  item: z.object({ index: z.int(), value: Json }).nullable(),
});
export type StepDetail = z.infer<typeof StepDetail>;

export const runSteps = {
  step: endpoint({
    id: "runs.step",
    method: "GET",
    path: "/runs/:run/steps/:step",
    summary: "One step of a run: its input, output and attempts.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams.extend({ step: z.string().min(1).max(200) }),
    answer: StepDetail,
  }),
} as const;
