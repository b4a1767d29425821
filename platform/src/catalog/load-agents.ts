import type { Agent } from "@gantry/sdk";
import { AgentInvalidError } from "./errors.ts";

/**
 * Imports agents by package name or path. Each package exports one agent as `agent` or `default`.
 * @throws AgentInvalidError naming the package that can't be imported or exports none.
 */
export async function loadAgents(packages: readonly string[]): Promise<Agent[]> {
  return await Promise.all(packages.map(loadAgent));
}

async function loadAgent(name: string): Promise<Agent> {
  let loaded: { agent?: Agent; default?: Agent };
  try {
    loaded = (await import(name)) as typeof loaded;
  } catch (cause) {
    throw new AgentInvalidError(name, "its package can't be imported.", cause);
  }
  const agent = loaded.agent ?? loaded.default;
  if (!agent?.spec)
    throw new AgentInvalidError(name, "its package exports no agent (`export const agent = defineAgent(…)`).");
  return agent;
}
