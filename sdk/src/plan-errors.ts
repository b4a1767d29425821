import { GantryError } from "./errors.ts";

export class ConditionError extends GantryError {
  readonly code = "condition_invalid";
  constructor(text: string, cause: unknown) {
    const why = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : "it is not valid.";
    super(
      `The condition ${JSON.stringify(text)} can't be evaluated: ${why} Conditions are CEL over steps, item and run.`,
      {
        cause,
        details: { condition: text },
      },
    );
  }
}

export class CyclicPlanError extends GantryError {
  readonly code = "plan_cyclic";
  constructor(path: readonly string[]) {
    super(`The steps ${path.join(" → ")} wait for each other; take one of these dependencies out.`, {
      details: { path },
    });
  }
}

export class UnknownReferenceError extends GantryError {
  readonly code = "reference_unknown";
  constructor(step: string, target: string, known: readonly string[]) {
    super(
      `Step ${step} refers to step ${JSON.stringify(target)}, which the plan doesn't have. It has ${known.slice(0, 20).join(", ")}.`,
      {
        details: { step, target },
      },
    );
  }
}

export class InvalidReferenceError extends GantryError {
  readonly code = "reference_invalid";
  constructor(where: string, what: string) {
    super(`A reference in ${where} is malformed: ${what}`, { details: { where } });
  }
}

export class DuplicateStepError extends GantryError {
  readonly code = "step_duplicate";
  constructor(step: string) {
    super(`The plan has two steps named ${step}; rename one.`, { details: { step } });
  }
}

export class UnknownToolError extends GantryError {
  readonly code = "tool_unknown";
  constructor(step: string, tool: string) {
    super(`Step ${step} uses the tool ${tool}, which no agent here offers. \`gantry doctor\` lists the agents.`, {
      details: { step, tool },
    });
  }
}

export class NotAListError extends GantryError {
  readonly code = "not_a_list";
  constructor(step: string, got: string) {
    super(`Step ${step} loops over ${got}, not over a list. Give it a list, or refer to an output that is one.`, {
      details: { step },
    });
  }
}

export class TooManyItemsError extends GantryError {
  readonly code = "too_many_items";
  constructor(step: string, count: number, limit: number) {
    super(`Step ${step} loops over ${count} items; the limit is ${limit}. Split the list.`, {
      details: { step, count, limit },
    });
  }
}

export class RunbookUnknownError extends GantryError {
  readonly code = "runbook_unknown";
  constructor(name: string, known: readonly string[]) {
    super(`There is no runbook ${JSON.stringify(name)}. There are ${known.join(", ") || "none"}.`, {
      details: { name },
    });
  }
}

export class IncludeCyclicError extends GantryError {
  readonly code = "include_cyclic";
  constructor(path: readonly string[]) {
    super(`The runbooks ${path.join(" → ")} include each other; take one of these includes out.`, {
      details: { path },
    });
  }
}

export class IncludeKeyConflictError extends GantryError {
  readonly code = "include_key_conflict";
  constructor(runbook: string, keys: readonly string[]) {
    super(
      `A run of ${runbook} would have to hold several concurrency keys: ${keys.join(", ")}. ` +
        "A run holds one: use a sub-run instead of an include, which holds its own, or the same key for all.",
      { details: { runbook, keys } },
    );
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

/** A runbook reads a variable that is set nowhere near the environment. */
export class VariableUnknownError extends GantryError {
  readonly code = "variable_unknown";
  constructor(name: string, environment: string) {
    super(
      `The variable ${name} is set neither in ${environment} nor in its project nor in the organization. Set it: gantry variable set ${name} <value>`,
      { details: { variable: name, environment } },
    );
  }
}
