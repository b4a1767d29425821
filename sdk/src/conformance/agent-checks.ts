import { access } from "node:fs/promises";
import type { Agent } from "../agent.ts";
import { digestOf, type JsonObject } from "../json.ts";
import { factsOf, makePlan } from "../make-plan.ts";
import { ConformanceError, demand, demandSame, type Check } from "./check.ts";
import { demandWholeSchema } from "./schema-checks.ts";

export interface AgentExample {
  /** Parameters with which each runbook makes a plan, by the runbook's name. */
  parameters: Readonly<Record<string, JsonObject>>;
  environment?: string;
}

/** What must be so of every agent: its names, its texts, and that its runbooks make plans. */
export function agentChecks(agent: Agent, example: AgentExample): readonly Check[] {
  return [
    { name: `${agent.name} is named, described and packaged as an agent`, run: () => isWhole(agent) },
    ...agent.spec.runbooks.map(({ name }) => ({
      name: `${name} says what it is for, and makes the same plan for the same parameters`,
      run: async () => planIsMade(agent, name, example),
    })),
  ];
}

async function isWhole(agent: Agent): Promise<void> {
  const { name, version, title, instructions, tools, runbooks, packageUrl } = agent.spec;
  demand(/^[a-z][a-z0-9-]{0,62}$/.test(name), `${name} isn't a name of lower-case letters, digits and dashes.`);
  demand(/^\d+\.\d+\.\d+/.test(version), `${name} has the version ${version}, which isn't one like 1.0.0.`);
  demand(title.trim() !== "" && instructions.trim() !== "", `${name} needs a title and instructions.`);
  const names = [...tools, ...runbooks].map((part) => part.name);
  for (const part of names) demand(part.startsWith(`${name}.`), `${part} must be named ${name}.…`);
  for (const parts of [tools, runbooks])
    demand(new Set(parts.map((part) => part.name)).size === parts.length, `${name} has two of one name.`);
  try {
    await access(new URL("package.json", packageUrl));
  } catch (cause) {
    throw new ConformanceError(
      `${name}'s packageUrl must be the folder of its package.json, with a / at the end: its files are part of what is approved.`,
      cause,
    );
  }
}

function planIsMade(agent: Agent, name: string, { parameters, environment = "dev" }: AgentExample): void {
  const runbook = agent.spec.runbooks.find((one) => one.name === name);
  demand(runbook !== undefined, `${agent.name} has no runbook ${name}.`);
  const { title, intents = [], parameters: schema } = runbook.spec;
  demand(title.trim() !== "", `${name} needs a title.`);
  demand(intents.length > 0, `${name} needs intents: a goal in words is matched with them.`);
  demandWholeSchema(schema, `The parameters of ${name}`);
  for (const [field, { description }] of Object.entries(schema.shape))
    demand((description ?? "") !== "", `The parameter ${field} of ${name} needs a description: .describe("…").`);

  const given = parameters[name];
  demand(given !== undefined, `Give parameters for ${name}, so that its plan can be made.`);
  const known = {
    tools: new Map(agent.spec.tools.map((tool) => [tool.name, { tool, facts: factsOf(tool, "conformance") }])),
    runbooks: new Map(agent.spec.runbooks.map((one) => [one.name, { runbook: one }])),
  };
  const make = () => {
    try {
      return digestOf(makePlan(known, { runbook: name, parameters: given, environment }));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ConformanceError(`${name} makes no valid plan: ${why}`, cause);
    }
  };
  demandSame(make(), make(), `${name} makes another plan each time: a plan must follow from the parameters alone.`);
}
