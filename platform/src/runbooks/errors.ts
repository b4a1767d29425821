import { GantryError } from "@gantry/sdk";
import type { RunbookProblem } from "@gantry/sdk/runbook-file";

export class RunbookInvalidError extends GantryError {
  readonly code = "runbook_invalid";
  readonly problems: readonly { path: string; message: string }[];
  constructor(what: string, problems: readonly RunbookProblem[]) {
    const errors = problems.filter(({ severity }) => severity === "error");
    super(`${what} has errors, ${errors.length} in all; \`gantry runbook lint\` shows where.`, {
      details: { problems: problems.slice(0, 50) },
    });
    this.problems = errors.map(({ file, line, column, message, hint }) => ({
      path: `${file}:${line}:${column}`,
      message: hint === undefined ? message : `${message} ${hint}`,
    }));
  }
}

export class RunbookVersionTakenError extends GantryError {
  readonly code = "runbook_version_taken";
  constructor(name: string, version: string) {
    super(
      `${name}@${version} is published with another content, and what is published never changes. Give the file a higher version.`,
      { details: { name, version } },
    );
  }
}

export class RunbookIdentityError extends GantryError {
  readonly code = "runbook_identity";
  constructor(wanted: string, found: string) {
    super(
      `The file is ${found}, and was sent to be published as ${wanted}. Publish it under its own name and version.`,
      {
        details: { wanted, found },
      },
    );
  }
}

export class RunbookInstalledError extends GantryError {
  readonly code = "runbook_installed";
  constructor(name: string) {
    super(`This installation has a runbook ${name} of its own; choose another name.`, { details: { name } });
  }
}

export class RunbookLimitError extends GantryError {
  readonly code = "runbook_limit_reached";
  constructor(limit: number) {
    super(`This organization has published ${limit} versions of runbooks, which is the limit.`, { details: { limit } });
  }
}
