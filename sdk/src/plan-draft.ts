import { z } from "zod";

/** A step as a model writes it. Every part is required and nothing is open, as providers want it of schemas that answers must fit. */
const DraftStep = z.strictObject({
  id: z.string().describe("A lower-case letter, then letters, digits or _"),
  title: z.string().describe("What it does, in a few words"),
  why: z.string().describe("Why the goal needs it, in a sentence"),
  kind: z.enum(["runbook", "tool", "wait"]),
  name: z.string().describe("Of the runbook or tool; of a wait: duration, time, signal or approval"),
  input: z.string().describe("The parameters or the input, or what a wait is for, as the text of a JSON object"),
  after: z.array(z.string()).describe("Ids of the steps that must have succeeded before"),
  when: z
    .string()
    .describe(
      "A condition in CEL over steps and item, as steps.look.output.status == 200: false skips it; empty: always",
    ),
  each: z
    .string()
    .describe("The text of a JSON list, or of a reference to one: the step is done once per item; empty: once"),
  parallel: z.number().describe("How many items at a time; 1 where one could disturb another"),
  undo: z.enum(["tool", "none"]).describe("none: what it did stays when the plan is undone"),
});
export type DraftStep = z.infer<typeof DraftStep>;

/** What a model that plans answers. */
export const PlanDraft = z.strictObject({
  summary: z.string().describe("What the plan does, in at most three sentences"),
  steps: z.array(DraftStep).describe("Empty where something must be told first"),
  onFailure: z.enum(["stop", "undo"]).describe("What becomes of the steps that are done when one fails"),
  assumptions: z.array(z.string()).describe("What the plan takes for granted"),
  questions: z.array(z.string()).describe("What must be told before there can be a plan; empty otherwise"),
});
export type PlanDraft = z.infer<typeof PlanDraft>;
