import { GantryError, PlanDraft, type Json, type JsonObject, type Plan, type Runbook } from "@gantry/sdk";
import { z } from "zod";
import type { AttemptRequest } from "../engine/ports.ts";
import {
  describeOffered,
  describeSchema,
  listOffered,
  planOfDraft,
  problemsOfDescribe,
  type Offered,
} from "../goals/index.ts";
import type { MindTool, Thinking } from "../mind/index.ts";

/** What an organization's plans can be made of where a run works, besides the tools. */
export interface PlanningMeans {
  runbooks: ReadonlyMap<string, { readonly runbook: Runbook; readonly digest?: `sha256:${string}` | undefined }>;
  variables: Readonly<Record<string, string>>;
}

/** What thinking needs that ends in a plan. */
export interface Planning {
  /** What there is to plan with. */
  offered: NonNullable<Thinking["offered"]>;
  /** Tells how a runbook or tool is used. */
  describe: MindTool;
  output: JsonObject;
  /** What is wrong with a draft; nothing when a plan can be made of it. */
  check(draft: Json): string[];
  planOf(draft: Json, tainted: readonly string[]): Plan | null;
}

/** Drafts become plans by the platform's own checks, the same that plans from anywhere pass. */
export function openPlanning(
  { runbooks, variables }: PlanningMeans,
  { tools, goal, request }: { tools: Offered["tools"]; goal: string; request: AttemptRequest },
): Planning {
  const { environment } = request;
  // Planning plans no planning.
  const others = new Map([...tools].filter(([name]) => name !== request.tool));
  const own = new Map([...runbooks].filter(([name]) => name !== request.tool));
  const known = { tools: others as never, runbooks: own };
  const offered = { tools: others, runbooks: own };
  const planOf = (draft: PlanDraft, tainted: readonly string[]) =>
    planOfDraft(draft, { known, goal: goal.slice(0, 2_000), environment, variables, tainted });
  const outside = [...others].flatMap(([name, one]) => (one.outside === true ? [name] : []));
  return {
    offered: { text: `The plan is for the environment ${environment}.\n\n${listOffered(offered)}`, outside },
    describe: {
      name: "catalogue.describe",
      title: "How runbooks and tools are used: what they take, give and may do",
      effect: "reads",
      inputSchema: describeSchema,
      problemsOf: problemsOfDescribe,
      call: (input) => Promise.resolve(describeOffered(offered, input)),
      // Schemas of tools from elsewhere are a stranger's words.
      vouched: outside.length === 0,
    },
    output: z.toJSONSchema(PlanDraft) as JsonObject,
    check(answer) {
      const draft = PlanDraft.parse(answer);
      if (draft.steps.length === 0)
        return draft.questions.length > 0
          ? []
          : ["there is neither a step nor a question; plan it, or ask what is missing"];
      try {
        planOf(draft, []);
        return [];
      } catch (error) {
        if (error instanceof GantryError && error.fault === "user") return [`${error.code}: ${error.message}`];
        throw error;
      }
    },
    planOf(answer, tainted) {
      const draft = PlanDraft.parse(answer);
      return draft.steps.length === 0 ? null : planOf(draft, tainted);
    },
  };
}
