import { GantryError } from "@gantry/sdk";

export class AgentInvalidError extends GantryError {
  readonly code = "agent_invalid";
  override readonly fault = "operational";
  constructor(name: string, why: string, cause?: unknown) {
    super(`The agent ${name} can't be used: ${why}`, { cause, details: { agent: name } });
  }
}
