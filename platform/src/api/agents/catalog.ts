import type { Agent } from "@gantry/sdk";
import { api, type AgentView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { toolActivity } from "../../store/runs/tool-activity.ts";
import type { ApiDeps } from "../deps.ts";
import { route } from "../http/route.ts";

/** Agents: the same for every organization, as installed; what they did is the organization's own. */
export function catalogRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { agents } = deps.catalog;

  route(app, deps, api.agents.list, async () => ({ items: agents.map(agentView), next: null }));

  route(app, deps, api.agents.activity, async ({ caller, tx }) => {
    const { since, runs, tools } = await tx((db) => toolActivity(db, caller.org));
    const viewed = tools.map(({ lastAt, ...tool }) => ({ ...tool, lastAt: new Date(lastAt).toISOString() }));
    return { since: since.toISOString(), runs, tools: viewed };
  });
}

function agentView({ spec }: Agent): AgentView {
  return {
    name: spec.name,
    version: spec.version,
    title: spec.title,
    instructions: spec.instructions,
    mind: spec.mind === undefined ? null : { task: spec.mind.task, tools: [...spec.mind.tools] },
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
