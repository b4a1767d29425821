import { z } from "zod";
import { Effect } from "../plan.ts";
import { ThinkingTask } from "../thinking.ts";
import { Page, Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const AgentView = z.object({
  name: z.string(),
  version: z.string(),
  title: z.string(),
  instructions: z.string(),
  /** What it thinks about, and with which tools; null: it doesn't, its tools do as they are told. */
  mind: z.object({ task: ThinkingTask, tools: z.array(z.string()) }).nullable(),
  runbooks: z.array(z.string()),
  tools: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      title: z.string(),
      effect: Effect,
      preview: z.boolean(),
      inspect: z.boolean(),
      verify: z.boolean(),
      undo: z.boolean(),
    }),
  ),
});
export type AgentView = z.infer<typeof AgentView>;

/** What became of a tool's calls. Only the call itself counts, not its preview, inspection, verification or undo. */
export const ToolActivity = z.object({
  tool: z.string(),
  calls: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  /** Nobody saw how it ended. */
  unknown: z.int(),
  /** From start to end, of calls whose end was seen. */
  medianMs: z.number().nullable(),
  p95Ms: z.number().nullable(),
  lastAt: Timestamp,
});
export type ToolActivity = z.infer<typeof ToolActivity>;

export const agents = {
  list: endpoint({
    id: "agents.list",
    method: "GET",
    path: "/agents",
    summary: "Agents with their tools and runbooks.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(AgentView),
  }),
  activity: endpoint({
    id: "agents.activity",
    method: "GET",
    path: "/agents/activity",
    summary:
      "How often the tools were called, how that ended and how long it took, in the newest 1,000 runs of the last week.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: z.object({
      /** The beginning of what was counted. */
      since: Timestamp,
      /** How many runs were counted. */
      runs: z.int(),
      /** By name; tools that weren't called are left out. */
      tools: z.array(ToolActivity),
    }),
  }),
} as const;
