import { GantryError } from "@gantry/sdk";
import type { RunbookProblem } from "@gantry/sdk/runbook-file";

export class AgentInvalidError extends GantryError {
  readonly code = "agent_invalid";
  override readonly fault = "operational";
  constructor(name: string, why: string, cause?: unknown) {
    super(`The agent ${name} can't be used: ${why}`, { cause, details: { agent: name } });
  }
}

export class RunbookFilesInvalidError extends GantryError {
  readonly code = "runbook_files_invalid";
  override readonly fault = "operational";
  constructor(problems: readonly RunbookProblem[]) {
    const errors = problems.filter(({ severity }) => severity === "error");
    const list = errors
      .slice(0, 20)
      .map(({ file, line, column, message }) => `- ${file}:${line}:${column}: ${message}`);
    super(`Runbooks of GANTRY_RUNBOOKS_DIR can't be used; \`gantry runbook lint\` says more:\n${list.join("\n")}`, {
      details: { problems: errors.slice(0, 50) },
    });
  }
}

export class RunbookFolderUnreadableError extends GantryError {
  readonly code = "runbook_folder_unreadable";
  override readonly fault = "operational";
  constructor(folder: string, cause: unknown) {
    super(
      `The folder of runbooks ${folder} can't be read: ${(cause as Error).message}. GANTRY_RUNBOOKS_DIR names it.`,
      {
        cause,
        details: { folder },
      },
    );
  }
}
