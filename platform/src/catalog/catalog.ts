import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { digestOf, factsOf, type Agent, type Runbook, type Tool, type ToolFacts } from "@gantry/sdk";
import {
  compareVersions,
  hasErrors,
  loadRunbooks,
  newestOf,
  type LoadedRunbook,
  type RunbookProblem,
  type RunbookSource,
} from "@gantry/sdk/runbook-file";
import { z } from "zod";
import { AgentInvalidError, RunbookFilesInvalidError } from "./errors.ts";

export interface CatalogTool {
  readonly tool: Tool;
  readonly agent: Agent;
  readonly facts: ToolFacts;
  /** True: nobody who installs Gantry vouches for its name, description and schema, as those of an MCP server. */
  readonly outside?: boolean;
}

export interface CatalogRunbook {
  readonly runbook: Runbook;
  /** Null for one from a file. */
  readonly agent: Agent | null;
  readonly file: LoadedRunbook | null;
}

export interface Catalog {
  readonly agents: readonly Agent[];
  readonly tools: ReadonlyMap<string, CatalogTool>;
  /** By name, each in its current version. */
  readonly runbooks: ReadonlyMap<string, CatalogRunbook>;
  /** Every version that there is, by name, oldest first. */
  readonly versions: ReadonlyMap<string, readonly CatalogRunbook[]>;
}

/**
 * Registers agents, and runbooks from files. A tool's digest covers its declaration and every file of its agent's package, so that a change to
 * either voids what was approved before.
 * @throws AgentInvalidError for names taken twice, and for tools or runbooks that aren't named for their agent.
 * @throws RunbookFilesInvalidError naming all that is wrong with the files.
 */
export async function createCatalog(agents: readonly Agent[], files: readonly RunbookSource[] = []): Promise<Catalog> {
  const tools = new Map<string, CatalogTool>();
  const runbooks = new Map<string, CatalogRunbook>();
  for (const agent of agents) {
    const code = await digestOfPackage(fileURLToPath(agent.spec.packageUrl));
    for (const tool of agent.spec.tools) {
      checkName(agent, tool.name, tools);
      tools.set(tool.name, { tool, agent, facts: describe(tool, code) });
    }
    for (const runbook of agent.spec.runbooks) {
      checkName(agent, runbook.name, runbooks);
      runbooks.set(runbook.name, { runbook, agent, file: null });
    }
  }
  const versions = new Map([...runbooks].map(([name, one]) => [name, [one]]));
  for (const [name, all] of fromFiles(files, { tools, runbooks })) {
    versions.set(name, all);
    const current = newestOf(all.map(({ runbook }) => runbook.spec.version));
    runbooks.set(name, all.find(({ runbook }) => runbook.spec.version === current) as CatalogRunbook);
  }
  return { agents, tools, runbooks, versions };
}

function fromFiles(
  files: readonly RunbookSource[],
  { tools, runbooks }: Pick<Catalog, "tools" | "runbooks">,
): Map<string, CatalogRunbook[]> {
  const loaded = loadRunbooks(files, {
    tools: new Set(tools.keys()),
    runbook(name, version) {
      const found = runbooks.get(name)?.runbook;
      return found?.spec.version === version ? found : undefined;
    },
    versions: (name) => (runbooks.get(name) ? [runbooks.get(name)?.runbook.spec.version ?? ""] : []),
  });
  const taken = loaded.runbooks.filter(({ name }) => runbooks.has(name)).map(nameTaken);
  if (hasErrors(loaded.problems) || taken.length > 0)
    throw new RunbookFilesInvalidError([...loaded.problems, ...taken]);
  const found = new Map<string, CatalogRunbook[]>();
  for (const file of loaded.runbooks.toSorted((a, b) => compareVersions(a.version, b.version))) {
    if (!file.runbook) continue;
    found.set(file.name, [...(found.get(file.name) ?? []), { runbook: file.runbook, agent: null, file }]);
  }
  return found;
}

function nameTaken({ file, name }: LoadedRunbook): RunbookProblem {
  const message = `An installed agent has a runbook ${name} already.`;
  return {
    severity: "error",
    code: "name_taken",
    message,
    hint: "Give this one another name.",
    file,
    line: 1,
    column: 1,
  };
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
    // The package itself may well be below a node_modules; what it has installed is not its own.
    .filter((entry) => entry.isFile() && !relative(root, entry.parentPath).split("/").includes("node_modules"))
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
