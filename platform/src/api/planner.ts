import type { JsonObject, Runbook } from "@gantry/sdk";
import { z } from "zod";
import { createEffectOf, createMatcher, type UnderstandDeps } from "../planner/index.ts";
import type { ApiCatalog } from "./deps.ts";

/** What the planner needs of the catalogue; made when it is first needed, and kept. */
export function createPlannerFor({ agents, runbooks }: ApiCatalog): () => Omit<UnderstandDeps, "known"> {
  let made: Omit<UnderstandDeps, "known"> | undefined;
  return () => (made ??= make());

  function make() {
    const schemas = new Map([...runbooks.values()].map(({ runbook }) => [runbook.name, schemaOf(runbook)]));
    const tools = new Map(agents.flatMap(({ spec }) => spec.tools).map((tool) => [tool.name, tool]));
    return {
      matcher: createMatcher(
        [...runbooks.values()].map(({ runbook }) => describe(runbook, schemas.get(runbook.name) ?? {})),
      ),
      effectOf: createEffectOf({ runbooks, tools, schemaOf: ({ name }) => schemas.get(name) ?? {} }),
    };
  }
}

function describe({ spec }: Runbook, parameters: JsonObject) {
  const { name, title, description = "", intents = [], examples = [] } = spec;
  return { name, title, description, intents, examples, parameters };
}

function schemaOf({ spec }: Runbook): JsonObject {
  return z.toJSONSchema(spec.parameters, { io: "input", unrepresentable: "any" }) as JsonObject;
}
