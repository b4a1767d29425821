import type { Agent } from "@gantry/sdk";
import { resolveAgent } from "./agent-path.ts";
import { AgentInvalidError } from "./errors.ts";

/**
 * Imports agents by package name, by the path of a package's folder or of a file, or by `file://` URL. A package exports
 * exactly one agent, under any name.
 * @throws AgentInvalidError naming the package that can't be imported or exports none.
 */
export async function loadAgents(packages: readonly string[]): Promise<Agent[]> {
  return await Promise.all(packages.map(loadAgent));
}

async function loadAgent(name: string): Promise<Agent> {
  let exported: unknown[];
  try {
    exported = Object.values((await import(await resolveAgent(name))) as Record<string, unknown>);
  } catch (cause) {
    if (cause instanceof AgentInvalidError) throw cause;
    throw new AgentInvalidError(name, "its package can't be imported.", cause);
  }
  const [agent, ...others] = new Set(exported.filter(isAgent));
  if (agent && others.length === 0) return agent;
  const found = agent ? "several agents" : "no agent";
  throw new AgentInvalidError(
    name,
    `its package exports ${found}; it must export one: \`export const agent = defineAgent(…)\`.`,
  );
}

function isAgent(value: unknown): value is Agent {
  if (typeof value !== "object" || value === null || !("spec" in value)) return false;
  const { spec } = value;
  return typeof spec === "object" && spec !== null && "runbooks" in spec && "packageUrl" in spec;
}
