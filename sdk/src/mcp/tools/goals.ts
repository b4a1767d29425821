import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { CreateGoal, type GoalAnswer, Understanding } from "../../api/goals.ts";
import type { McpDeps } from "../deps.ts";
import { briefPlan, PlanBrief } from "./plan-brief.ts";
import { briefRun, RunBrief } from "./run-brief.ts";
import { repeatable, RequestId } from "./request-id.ts";
import { tool } from "./tool.ts";

const Sentence = CreateGoal.omit({ explain: true, priority: true });

const Understood = z.object({ understanding: Understanding, plan: PlanBrief.nullable() });

const ToStart = Sentence.extend({ requestId: RequestId });

const Begun = z.object({ understanding: Understanding, goal: z.string().nullable(), run: RunBrief.nullable() });

export function goalTools(server: McpServer, deps: McpDeps): void {
  tool(server, {
    name: "goal_understand",
    title: "Understand a goal",
    description:
      "How Gantry reads a sentence: the runbook, environment and parameters that it means, how sure that is, what must still be said, " +
      "and, once all is said, the plan that would run. Nothing is kept and nothing runs.",
    effect: "reads",
    input: Sentence,
    output: Understood,
    run: async (goal) => {
      const { understanding, plan } = await deps.client.goals.create({ ...goal, explain: true });
      return { understanding, plan: plan === null ? null : briefPlan(plan) };
    },
  });

  tool(server, {
    name: "goal_start",
    title: "Start a goal",
    description:
      "Say what is wanted and start the run for it, with its acceptance checks. Where something is missing or isn't sure, nothing starts " +
      "and the answer says what to ask the person. What changes anything waits for approval wherever policy says so.",
    effect: "destroys",
    idempotent: true,
    input: ToStart,
    output: Begun,
    run: async ({ requestId, ...goal }) => {
      const answer: GoalAnswer = await repeatable("goal", requestId, (options) =>
        deps.client.goals.create(goal as never, options),
      );
      const { understanding, goal: made, run } = answer;
      return { understanding, goal: made?.id ?? null, run: run === null ? null : briefRun(deps, run) };
    },
  });
}
