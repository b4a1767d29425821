import type { Agent, JsonObject, Runbook } from "@gantry/sdk";
import { api, type AgentView, type RunbookView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ApiDeps } from "./deps.ts";
import { NotFoundError } from "./errors.ts";
import { route } from "./route.ts";

/** Runbooks and agents: the same for every organization, as installed. */
export function catalogRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { agents, runbooks } = deps.catalog;

  route(app, deps, api.runbooks.list, async () => ({ items: [...runbooks.values()].map(runbookView), next: null }));

  route(app, deps, api.runbooks.get, async ({ params }) => {
    const found = runbooks.get(params.name);
    if (found === undefined) throw new NotFoundError("No runbook of that name");
    return runbookView(found);
  });

  route(app, deps, api.agents.list, async () => ({ items: agents.map(agentView), next: null }));
}

function runbookView({ runbook, agent }: { runbook: Runbook; agent: Agent }): RunbookView {
  const { name, version, title, description, intents, examples, parameters } = runbook.spec;
  return {
    name,
    version,
    agent: agent.name,
    title,
    description: description ?? null,
    intents: [...(intents ?? [])],
    examples: [...(examples ?? [])],
    parameters: z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" }) as JsonObject,
  };
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
