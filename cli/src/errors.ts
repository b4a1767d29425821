import { GantryError, type ErrorOptions, type Fault } from "@gantry/sdk/client";
import { closest } from "./closest.ts";
import type { ExitName } from "./exit-codes.ts";

/** An error that the command line itself raises; `exit` is what the process ends with, `remedy` the command that mends it. */
export abstract class CommandError extends GantryError {
  readonly exit: ExitName = "failed";
  readonly remedy: string | undefined = undefined;
  /** What is wrong part by part. */
  readonly parts: readonly string[] = [];
}

/** The command can't be understood, or a value doesn't fit. Nothing was done. */
export class UsageError extends CommandError {
  readonly code = "usage";
  override readonly exit = "usage";
  override readonly remedy: string | undefined;
  constructor(message: string, remedy?: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}

export class KeyMissingError extends CommandError {
  readonly code = "key_missing";
  override readonly exit = "auth";
  override readonly remedy: string;
  constructor(url: string, looked: readonly string[]) {
    super(`There is no API key for ${url}. Looked in: ${looked.join("; ")}.`);
    this.remedy = "GANTRY_KEY=gantry_… gantry doctor";
  }
}

export class ContextUnknownError extends CommandError {
  readonly code = "context_unknown";
  override readonly exit = "usage";
  override readonly remedy = "gantry context list --context local";
  constructor(name: string, origin: string, known: readonly string[]) {
    super(`There is no context ${JSON.stringify(name)} (from ${origin}); there is ${known.join(", ")}.`);
  }
}

/** The context's command that finds its key; what it printed isn't shown. */
export class KeyCommandFailedError extends CommandError {
  readonly code = "key_command_failed";
  override readonly exit = "auth";
  override readonly remedy = "gantry context show";
  constructor(program: string, origin: string, why: string) {
    super(`${program}, which ${origin} names to find the key, failed: ${why}.`);
  }
}

export class FileUnreadableError extends CommandError {
  readonly code = "file_unreadable";
  override readonly exit = "usage";
  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`${path} can't be read: ${why}`, { ...options, details: { path } });
  }
}

export class FolderNotEmptyError extends CommandError {
  readonly code = "folder_not_empty";
  override readonly exit = "usage";
  override readonly remedy = "gantry agent new <name> --directory <path>";
  constructor(path: string) {
    super(`${path} isn't empty, and nothing is written over. Name another folder.`, { details: { path } });
  }
}

export class ConfigFileInvalidError extends CommandError {
  readonly code = "config_file_invalid";
  override readonly exit = "usage";
  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`${path} isn't a configuration of Gantry: ${why}`, { ...options, details: { path } });
  }
}

/** A question that only a person can answer, and nobody is there to be asked. */
export class NoTerminalError extends CommandError {
  readonly code = "no_terminal";
  override readonly exit = "usage";
  override readonly remedy: string;
  constructor(question: string, remedy: string) {
    super(`${question} Without a terminal nobody can be asked, so it must be on the command line.`);
    this.remedy = remedy;
  }
}

/** The person who was asked said no. */
export class DeclinedError extends CommandError {
  readonly code = "declined";
  constructor(what: string) {
    super(`${what} Nothing was changed.`);
  }
}

export class RunUnknownError extends CommandError {
  readonly code = "run_unknown";
  override readonly remedy = "gantry runs list";
  constructor(reference: string, matching: readonly string[]) {
    super(
      matching.length === 0
        ? `No run has an id that begins with ${JSON.stringify(reference)} (of the newest 2,000).`
        : `${matching.length} runs have an id that begins with ${JSON.stringify(reference)}: ${matching.slice(0, 3).join(", ")}${matching.length > 3 ? ", …" : ""}. Give more of it.`,
      { details: { reference } },
    );
  }
}

export class ArchiveChangedError extends CommandError {
  readonly code = "archive_changed";
  override readonly fault = "operational";
  override readonly remedy = "gantry archive verify";
  constructor(run: string, digest: string) {
    super(`What the server sent as the archive of run ${run} isn't ${digest}; nothing was kept of it.`, {
      details: { run, digest },
    });
  }
}

export class GoalUnknownError extends CommandError {
  readonly code = "goal_unknown";
  override readonly remedy = "gantry goals list";
  constructor(reference: string, matching: readonly string[]) {
    super(
      matching.length === 0
        ? `No goal has an id that begins with ${JSON.stringify(reference)} (of the newest 2,000).`
        : `${matching.length} goals have an id that begins with ${JSON.stringify(reference)}. Give more of it.`,
      { details: { reference } },
    );
  }
}

/** Something must still be said, and nobody is there to be asked. */
export class GoalUnclearError extends CommandError {
  readonly code = "goal_unclear";
  override readonly exit = "usage";
  override readonly remedy = "gantry goal … -e <environment> -p <parameter>=<value>";
  override readonly parts: readonly string[];
  constructor(questions: readonly string[]) {
    super("Something must be said first; nothing was started.");
    this.parts = questions;
  }
}

export class GoalNotUnderstoodError extends CommandError {
  readonly code = "goal_not_understood";
  override readonly exit = "usage";
  override readonly remedy = "gantry runbooks list";
  override readonly parts: readonly string[];
  constructor(why: string, possible: readonly string[]) {
    super(`${why} Nothing was started.`);
    this.parts = possible;
  }
}

export class RunbookUnknownError extends CommandError {
  readonly code = "runbook_unknown";
  override readonly exit = "usage";
  override readonly remedy = "gantry runbooks list";
  constructor(name: string, known: readonly string[], options?: ErrorOptions) {
    const list = known.length === 0 ? "none at all" : known.slice(0, 12).join(", ");
    const near = closest(name, known);
    const meant = near === undefined ? "" : ` Did you mean ${near}?`;
    super(`There is no runbook ${JSON.stringify(name)}; there is ${list}.${meant}`, options);
  }
}

export class NothingToApproveError extends CommandError {
  readonly code = "nothing_to_approve";
  override readonly remedy: string;
  constructor(run: string, status: string) {
    super(`Run ${run} is ${status}: no change set of it waits for approval.`);
    this.remedy = `gantry runs show ${run}`;
  }
}

export class PasskeyUnansweredError extends CommandError {
  readonly code = "passkey_unanswered";
  constructor() {
    super("Nobody confirmed it with a passkey in time. Nothing was approved; run the command again for a new link.");
  }
}

/** The run's owner looked at a command and refused it. */
export class CommandRefusedError extends CommandError {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The platform couldn't be started; its own error, or how it ended. */
export class ServerNotStartedError extends CommandError {
  readonly code: string;
  override readonly fault: Fault = "operational";
  override readonly remedy = "gantry doctor";
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Files of runbooks that can't be used as they are. */
export class RunbookFaultyError extends CommandError {
  readonly code = "runbook_invalid";
  override readonly exit = "usage";
  override readonly remedy: string;
  constructor(problems: readonly { file: string; line: number; column: number; severity: string; message: string }[]) {
    const errors = problems.filter(({ severity }) => severity === "error");
    const [first] = errors;
    super(
      `${errors.length === 1 ? "There is an error" : `There are ${errors.length} errors`} in the files` +
        (first ? `, the first at ${first.file}:${first.line}:${first.column}: ${first.message}` : "."),
    );
    this.remedy = `gantry runbook lint ${first?.file ?? "<file>"}`;
  }
}
