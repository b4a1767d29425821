import type { Agent } from "@gantry/sdk";
import { api, type AgentView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "./deps.ts";
import { route } from "./route.ts";

/** Agents: the same for every organization, as installed. */
export function catalogRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { agents } = deps.catalog;

  route(app, deps, api.agents.list, async () => ({ items: agents.map(agentView), next: null }));
}

function agentView({ spec }: Agent): AgentView {
  return {
    name: spec.name,
    version: spec.version,
    title: spec.title,
    instructions: spec.instructions,
    runbooks: spec.runbooks.map(({ name }) => name),
    tools: spec.tools.map(({ name, effect, spec: tool }) => ({
      name,
      version: tool.version,
      title: tool.title,
      effect,
      preview: tool.preview !== undefined,
      inspect: tool.inspect !== undefined,
      verify: tool.verify !== undefined,
      undo: tool.undo !== undefined,
    })),
  };
}
