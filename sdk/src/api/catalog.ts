import { z } from "zod";
import { JsonObject } from "../json.ts";
import { Effect } from "../plan.ts";
import { Page } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const RunbookView = z.object({
  name: z.string(),
  version: z.string(),
  agent: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  intents: z.array(z.string()),
  examples: z.array(z.string()),
  /** JSON Schema of the parameters. */
  parameters: JsonObject,
});
export type RunbookView = z.infer<typeof RunbookView>;

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

export const runbooks = {
  list: endpoint({
    id: "runbooks.list",
    method: "GET",
    path: "/runbooks",
    summary: "Runbooks that can be run.",
    scope: "read",
    answer: Page(RunbookView),
  }),
  get: endpoint({
    id: "runbooks.get",
    method: "GET",
    path: "/runbooks/:name",
    summary: "One runbook, with the JSON Schema of its parameters.",
    scope: "read",
    params: z.object({ name: z.string().max(200) }),
    answer: RunbookView,
  }),
} as const;

export const agents = {
  list: endpoint({
    id: "agents.list",
    method: "GET",
    path: "/agents",
    summary: "Agents with their tools and runbooks.",
    scope: "read",
    answer: Page(AgentView),
  }),
} as const;
