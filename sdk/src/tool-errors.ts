import { GantryError, type Fault } from "./errors.ts";
import type { ExecOutcome } from "./tool.ts";

/** The tool isn't installed on this worker, or not where it looks. */
export class ToolNotFoundError extends GantryError {
  readonly code = "tool_not_found";
  override readonly fault = "operational";
  constructor(tool: string, searched: string) {
    super(
      `The tool "${tool}" was not found on this worker's PATH (${searched}). Install it there, or add its folder to the PATH that the worker is started with.`,
      { details: { tool, searched } },
    );
  }
}

/** The tool is there, but older than what drives it was written for. */
export class ToolTooOldError extends GantryError {
  readonly code = "tool_too_old";
  override readonly fault = "operational";
  constructor(tool: string, found: string, minimum: string) {
    super(`"${tool}" on this worker is version ${found}, at least ${minimum} is needed. Upgrade it on the worker.`, {
      details: { tool, found, minimum },
    });
  }
}

/** The tool's answer to the question for its version could not be understood. */
export class ToolVersionUnknownError extends GantryError {
  readonly code = "tool_version_unknown";
  override readonly fault = "operational";
  constructor(tool: string, minimum: string) {
    super(
      `"${tool}" did not tell its version in a known form, at least ${minimum} is needed. Check that the right program is on the worker's PATH.`,
      { details: { tool, minimum } },
    );
  }
}

/** Why a command was stopped before it ended by itself. */
export type Stopped =
  | "timeout"
  | "canceled"
  | "output_limit"
  | "memory_limit"
  | "process_limit"
  | "output_not_writable"
  | "worker_lost";

/** A command ended with an exit code that its caller doesn't accept, or was stopped. `outcome` is the whole result. */
export class ToolFailedError extends GantryError {
  readonly code = "tool_failed";
  override readonly fault: Fault = "operational";
  readonly outcome: ExecOutcome;
  readonly stopped: Stopped | undefined;
  constructor(command: string, args: readonly string[], outcome: ExecOutcome, stopped?: Stopped) {
    const said = lastLines(outcome.stderr.trim() === "" ? outcome.stdout : outcome.stderr);
    const last = said.at(-1);
    // Only the verb: the rest of a command line may be long; it is among the details.
    const shown = [command, ...args.slice(0, 1)].join(" ");
    const how =
      stopped === undefined ? `ended with exit code ${outcome.exitCode}` : `was stopped (${stopWords[stopped]})`;
    super(`"${shown}" ${how}${last === undefined ? "." : `: ${last}`}`, {
      details: {
        command: shown,
        commandLine: commandLine([command, ...args]),
        exitCode: outcome.exitCode,
        lastLines: said,
        ...(stopped && { stopped }),
      },
    });
    this.outcome = outcome;
    this.stopped = stopped;
  }
}

const stopWords: Record<Stopped, string> = {
  timeout: "it took longer than its timeout",
  canceled: "the attempt was canceled",
  output_limit: "it wrote more than its output limit",
  memory_limit: "it used more memory than its limit",
  process_limit: "it started more processes than its limit",
  output_not_writable: "its output could not be written",
  worker_lost: "its worker was lost",
};

const longestCommandLine = 4_000;

/** As a POSIX shell would take it; cut where it is long. */
function commandLine(words: readonly string[]): string {
  const line = words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
  return line.length > longestCommandLine ? `${line.slice(0, longestCommandLine)}…` : line;
}

/** The last lines of a tool's output that say something, at most 20. */
function lastLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => /[\p{L}\p{N}]/u.test(line))
    .slice(-20);
}

/** The resolved input of a step doesn't fit its tool's schema. */
export class ToolInputInvalidError extends GantryError {
  readonly code = "tool_input_invalid";
  constructor(tool: string, problems: readonly string[], options: { cause?: unknown } = {}) {
    super(`The input of "${tool}" doesn't fit its schema: ${problems.join("; ")}. Correct the plan's parameters.`, {
      ...options,
      details: { tool, problems },
    });
  }
}

/** A tool returned something that its own schema refuses. */
export class ToolOutputInvalidError extends GantryError {
  readonly code = "tool_output_invalid";
  override readonly fault = "bug";
  constructor(tool: string, operation: string, problems: readonly string[], options: { cause?: unknown } = {}) {
    super(
      `"${tool}" returned a ${operation} result that its schema refuses: ${problems.join("; ")}. Report it to the tool's author.`,
      { ...options, details: { tool, operation, problems } },
    );
  }
}

/** Somebody called an optional operation that the tool doesn't declare. */
export class ToolLacksOperationError extends GantryError {
  readonly code = "tool_lacks_operation";
  override readonly fault = "bug";
  constructor(tool: string, operation: string) {
    super(`"${tool}" has no ${operation}. Check for it before calling it.`, { details: { tool, operation } });
  }
}

/** A tool was about to use more than it says that it uses at most. It must not: only that much was reserved. */
export class UsageExceededError extends GantryError {
  readonly code = "usage_exceeded";
  override readonly fault = "bug";
  constructor(tool: string, wanted: string, limit: string) {
    super(
      `"${tool}" was about to use ${wanted}, but declares ${limit} at most. Its author raises its worstCase, or lets its preview say more.`,
      { details: { tool, wanted, limit } },
    );
  }
}

/** What a tool reaches didn't answer. Circuit breakers count it; trying again later may do. */
export class ConnectionUnavailableError extends GantryError {
  readonly code = "connection_unavailable";
  override readonly fault = "operational";
  override readonly retryable = true;
  constructor(connection: string, reason: string, options: { cause?: unknown } = {}) {
    super(
      `Connection "${connection}" doesn't answer: ${reason}. Check that what it leads to runs and can be reached.`,
      {
        ...options,
        details: { connection },
      },
    );
  }
}

export class NoteTooLargeError extends GantryError {
  readonly code = "note_too_large";
  override readonly fault = "bug";
  constructor(tool: string, characters: number, limit: number) {
    super(
      `${tool} wants to write down ${characters} characters; there is room for ${limit}. It should put large content into an artifact.`,
      { details: { tool, characters, limit } },
    );
  }
}

/** Who wrote it is late: another try may be at work already. */
export class NoteRefusedError extends GantryError {
  readonly code = "note_refused";
  override readonly fault = "operational";
  override readonly retryable = true;
  constructor(attempt: string) {
    super(`Attempt ${attempt} isn't this worker's any more, so what it wants to write down is refused.`, {
      details: { attempt },
    });
  }
}
