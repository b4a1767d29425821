import { z } from "zod";
import { Effect } from "../plan.ts";
import { Page } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const AgentView = z.object({
  name: z.string(),
  version: z.string(),
  title: z.string(),
  instructions: z.string(),
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
} as const;
