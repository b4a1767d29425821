import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { digestOf, factsOf, type Agent, type Runbook, type Tool, type ToolFacts } from "@gantry/sdk";
import { z } from "zod";
import { AgentInvalidError } from "./errors.ts";

export interface CatalogTool {
  readonly tool: Tool;
  readonly agent: Agent;
  readonly facts: ToolFacts;
}

export interface Catalog {
  readonly agents: readonly Agent[];
  readonly tools: ReadonlyMap<string, CatalogTool>;
  readonly runbooks: ReadonlyMap<string, { runbook: Runbook; agent: Agent }>;
}

/**
 * Registers agents. A tool's digest covers its declaration and every file of its agent's package, so that a change to
 * either voids what was approved before.
 * @throws AgentInvalidError for names taken twice, and for tools or runbooks that aren't named for their agent.
 */
export async function createCatalog(agents: readonly Agent[]): Promise<Catalog> {
  const tools = new Map<string, CatalogTool>();
  const runbooks = new Map<string, { runbook: Runbook; agent: Agent }>();
  for (const agent of agents) {
    const code = await digestOfPackage(fileURLToPath(agent.spec.packageUrl));
    for (const tool of agent.spec.tools) {
      checkName(agent, tool.name, tools);
      tools.set(tool.name, { tool, agent, facts: describe(tool, code) });
    }
    for (const runbook of agent.spec.runbooks) {
      checkName(agent, runbook.name, runbooks);
      runbooks.set(runbook.name, { runbook, agent });
    }
  }
  return { agents, tools, runbooks };
}

function checkName(agent: Agent, name: string, taken: ReadonlyMap<string, unknown>): void {
  if (taken.has(name)) throw new AgentInvalidError(agent.name, `${name} is taken by another agent.`);
  if (!name.startsWith(`${agent.name}.`))
    throw new AgentInvalidError(agent.name, `${name} must be named ${agent.name}.…`);
}

function describe(tool: Tool, code: string): ToolFacts {
  const { digest: _none, ...declaration } = factsOf(tool, "");
  const { input, output } = tool.spec;
  const schemas = [input, output].map((schema) => z.toJSONSchema(schema, { unrepresentable: "any", io: "input" }));
  return { ...declaration, digest: digestOf({ declaration, schemas, code }) };
}

async function digestOfPackage(root: string): Promise<string> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !entry.parentPath.split("/").includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => /\.(ts|js|mjs|json)$/.test(file) && !file.endsWith(".test.ts"))
    .toSorted();
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(`${relative(root, file)}\0`)
      .update(await readFile(file))
      .update("\0");
  return hash.digest("hex");
}
