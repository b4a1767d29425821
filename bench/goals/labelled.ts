import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Effect, Json, JsonObject } from "@gantry/sdk";
import { z } from "zod";
import { agent as deployment } from "../../agents/deployment/src/index.ts";
import { agent as terraform } from "../../agents/terraform/src/index.ts";
import { createMatcher, type KnownNames, type PlannerRunbook } from "../../platform/src/planner/index.ts";

/** A sentence with what must be understood of it; see README.md. */
export interface Labelled {
  id: string;
  text: string;
  runbook: string | null;
  environment: string | null;
  parameters: JsonObject;
  checks?: readonly Json[];
  outcome: "run" | "ask" | "refuse";
}

export async function readLabelled(set: "held-out" | "development"): Promise<Labelled[]> {
  const text = await readFile(join(import.meta.dirname, `${set}.jsonl`), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Labelled);
}

interface CatalogueEntry extends Omit<PlannerRunbook, "parameters"> {
  effect: Effect;
  parameters: JsonObject;
  required: string[];
}

/** What the planner is measured with: a catalogue beside the built-in runbooks, and the names of one organization. */
export async function readStage() {
  const read = async (name: string) => JSON.parse(await readFile(join(import.meta.dirname, name), "utf8")) as unknown;
  const written = (await read("catalogue.json")) as CatalogueEntry[];
  const { environments, names } = (await read("organization.json")) as KnownNames;
  const effects = new Map(written.map(({ name, effect }) => [name, effect]));
  for (const { name } of builtIn()) effects.set(name, destroying.has(name) ? "destroys" : "changes");
  const described = written.map(({ parameters, required, ...rest }) => ({
    ...rest,
    parameters: { type: "object", properties: parameters, required },
  }));
  return {
    matcher: createMatcher([...described, ...builtIn()]),
    known: { environments, names },
    effectOf: (name: string): Effect => effects.get(name) ?? "destroys",
  };
}

/** As their tools declare it. */
const destroying = new Set(["terraform.apply", "terraform.destroy", "deploy.stop"]);

function builtIn(): PlannerRunbook[] {
  return [deployment, terraform]
    .flatMap(({ spec }) => spec.runbooks)
    .map(({ spec }) => ({
      name: spec.name,
      title: spec.title,
      description: spec.description ?? "",
      intents: spec.intents ?? [],
      examples: spec.examples ?? [],
      parameters: z.toJSONSchema(spec.parameters, { io: "input", unrepresentable: "any" }) as JsonObject,
    }));
}
