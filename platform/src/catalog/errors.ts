import { GantryError } from "@gantry/sdk";

export class RunbookUnknownError extends GantryError {
  readonly code = "runbook_unknown";
  constructor(name: string, known: readonly string[]) {
    super(`There is no runbook ${JSON.stringify(name)}. There are ${known.join(", ") || "none"}.`, {
      details: { name },
    });
  }
}

export class ParametersInvalidError extends GantryError {
  readonly code = "parameters_invalid";
  constructor(runbook: string, problems: readonly { path: string; message: string }[]) {
    const list = problems.map(({ path, message }) => `${path || "(all)"}: ${message}`).join("; ");
    super(`The parameters of ${runbook} don't fit: ${list}. \`gantry runbooks show ${runbook}\` lists them.`, {
      details: { runbook, problems },
    });
  }
}

export class StepInputInvalidError extends GantryError {
  readonly code = "step_input_invalid";
  constructor(step: string, tool: string, problems: readonly { path: string; message: string }[]) {
    const list = problems.map(({ path, message }) => `${path || "(all)"}: ${message}`).join("; ");
    super(`The input of step ${step} doesn't fit the tool ${tool}: ${list}.`, { details: { step, tool, problems } });
  }
}

export class PlanInvalidError extends GantryError {
  readonly code = "plan_invalid";
  constructor(problems: readonly { path: string; message: string }[]) {
    const list = problems
      .slice(0, 10)
      .map(({ path, message }) => `${path || "(all)"}: ${message}`)
      .join("; ");
    super(`The plan is not valid: ${list}.`, { details: { problems: problems.slice(0, 50) } });
  }
}

export class AgentInvalidError extends GantryError {
  readonly code = "agent_invalid";
  override readonly fault = "operational";
  constructor(name: string, why: string, cause?: unknown) {
    super(`The agent ${name} can't be used: ${why}`, { cause, details: { agent: name } });
  }
}
