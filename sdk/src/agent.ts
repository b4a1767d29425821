import type { Runbook } from "./runbook.ts";
import type { Mind } from "./thinking.ts";
import type { AnyTool, Tool } from "./tool.ts";

export interface AgentSpec {
  name: string;
  version: string;
  title: string;
  /** What the agent is for and how it works, for people and for models. */
  instructions: string;
  tools: readonly AnyTool[];
  /** How it thinks, where its tools ask a model (`ctx.think`). */
  mind?: Mind;
  runbooks: readonly Runbook[];
  /** Root folder of the agent's package: its files are part of the tools' digest. */
  packageUrl: string;
}

export interface Agent {
  readonly spec: Omit<AgentSpec, "tools"> & { tools: readonly Tool[] };
  readonly name: string;
}

/** Declares an agent: instructions, the tools it may use and the runbooks it offers. */
export function defineAgent(spec: AgentSpec): Agent {
  return { spec: spec as unknown as Agent["spec"], name: spec.name };
}
