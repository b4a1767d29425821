import { z } from "zod";

/** A step as a model writes it. Every part is required and nothing is open, as providers want it of schemas that answers must fit. */
const DraftStep = z.strictObject({
  id: z.string().describe("A lower-case letter, then letters, digits or _"),
  title: z.string().describe("What it does, in a few words"),
  why: z.string().describe("Why the goal needs it, in a sentence"),
  kind: z.enum(["runbook", "tool"]),
  name: z.string().describe("Of the runbook or tool"),
  input: z.string().describe("The parameters or the input, as the text of a JSON object"),
  after: z.array(z.string()).describe("Ids of the steps that must have succeeded before"),
});

/** What a model that plans answers. */
export const PlanDraft = z.strictObject({
  summary: z.string().describe("What the plan does, in at most three sentences"),
  steps: z.array(DraftStep).describe("Empty where something must be told first"),
  onFailure: z.enum(["stop", "undo"]).describe("What becomes of the steps that are done when one fails"),
  assumptions: z.array(z.string()).describe("What the plan takes for granted"),
  questions: z.array(z.string()).describe("What must be told before there can be a plan; empty otherwise"),
});
export type PlanDraft = z.infer<typeof PlanDraft>;
