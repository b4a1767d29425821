import { defineTool, factsOfThoughts, Plan, PlanDraft, thoughtFacts } from "@gantry/sdk";
import { z } from "zod";

const { summary, onFailure: _onFailure, steps: _steps, ...told } = PlanDraft.shape;

export const plan = defineTool({
  name: "planner.plan",
  version: "1.0.0",
  title: "Plan a goal with a model",
  effect: "reads",
  thinks: true,
  input: z.object({ goal: z.string().min(1).max(2_000) }),
  output: z.object({
    /** Null where something must be told first: see `questions`. */
    plan: Plan.nullable(),
    summary,
    /** Why each step is there, as the model sees it. */
    steps: z.array(z.object({ id: z.string(), title: z.string(), why: z.string() })),
    ...told,
    ...thoughtFacts,
  }),
  timeoutMs: 20 * 60_000,
  retry: { attempts: 3, initialMs: 2_000, factor: 4, maxMs: 60_000 },
  worstCase: { requests: 100 },
  async run({ goal }, { think }) {
    const thought = await think({ goal, planning: true, limits: { repairs: 4 } });
    const draft = PlanDraft.parse(thought.output);
    return {
      plan: thought.plan,
      summary: draft.summary,
      steps: draft.steps.map(({ id, title, why }) => ({ id, title, why })),
      assumptions: draft.assumptions,
      questions: draft.questions,
      ...factsOfThoughts(thought),
    };
  },
});
