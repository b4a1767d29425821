import { pathToFileURL } from "node:url";
import type { Problem } from "@gantry/sdk/api";
import { ApiError, GantryError } from "@gantry/sdk/client";
import { errorPage } from "../error-page.ts";
import { CommandError } from "../errors.ts";
import { exitOfProblem, type ExitName } from "../exit-codes.ts";
import type { Paint } from "../terminal.ts";
import { safeLine, safeText } from "./safe-text.ts";
import { hanging } from "./text.ts";

/** An error as a person reads it: what, why, what mends it, and how to look it up. */
export interface Failure {
  code: string;
  message: string;
  /** What is wrong part by part. */
  parts: readonly string[];
  /** A command. */
  remedy: string | undefined;
  docs: string | undefined;
  requestId: string | undefined;
  exit: ExitName;
}

/** Anything that was thrown. `server` makes the docs address of a problem absolute. */
export function failureOf(error: unknown, server: string | undefined): Failure {
  const nothing = { parts: [], remedy: undefined, docs: undefined, requestId: undefined };
  const local = (code: string): Partial<Failure> => ({ docs: docsOf(code) });
  if (error instanceof ApiError) {
    const { problem } = error;
    return {
      ...nothing,
      code: error.code,
      message: error.message,
      parts: (problem.errors ?? []).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)),
      remedy: remedies[error.code] ?? lookAround(problem),
      docs: URL.canParse(problem.type, server) ? new URL(problem.type, server).href : undefined,
      requestId: problem.requestId,
      exit: exitOfProblem(problem),
    };
  }
  if (error instanceof CommandError) {
    const { code, message, remedy, exit, parts } = error;
    return { ...nothing, ...local(code), code, message, remedy, exit, parts };
  }
  if (error instanceof GantryError) {
    const { code, message } = error;
    return { ...nothing, ...local(code), code, message, remedy: remedies[code], exit: "failed" };
  }
  if (isSystemError(error)) {
    const code = "file_unreadable";
    return {
      ...nothing,
      ...local(code),
      code,
      message: `${error.path} can't be used: ${error.message}`,
      exit: "failed",
    };
  }
  const [message = "", ...frames] = (error instanceof Error ? (error.stack ?? error.message) : String(error)).split(
    "\n",
  );
  return {
    ...nothing,
    ...local("internal_error"),
    code: "internal_error",
    message: `This is a mistake in Gantry, and not yours: ${message}`,
    parts: frames.slice(0, 3).map((frame) => frame.trim()),
    remedy: "gantry doctor",
    exit: "failed",
  };
}

/** The page of an error that has no server behind it: on this machine, so that it is there without one. */
function docsOf(code: string): string | undefined {
  const page = errorPage(code);
  return page === undefined ? undefined : pathToFileURL(page).href;
}

/** A file of the user's that isn't there, may not be read, or is a folder. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException & { path: string } {
  return error instanceof Error && "syscall" in error && "path" in error && typeof error.path === "string";
}

export function renderFailure(failure: Failure, options: { paint: Paint; width: number }): string {
  const { paint, width } = options;
  const identity = [
    `code ${safeLine(failure.code)}`,
    ...(failure.docs === undefined ? [] : [safeLine(failure.docs)]),
    ...(failure.requestId === undefined ? [] : [`request ${safeLine(failure.requestId)}`]),
  ];
  return [
    ...hanging("error: ", safeText(failure.message), width).map((line, index) =>
      index === 0 ? paint(["red", "bold"], "error:") + line.slice("error:".length) : line,
    ),
    ...failure.parts.flatMap((part) => hanging("  - ", safeLine(part), width)),
    ...(failure.remedy === undefined ? [] : [`  do:  ${paint("cyan", failure.remedy)}`]),
    ...identity.map((line) => paint("dim", `  ${line}`)),
  ].join("\n");
}

/** `{"error": …}`, for `--json`. */
export function failureData(failure: Failure): Record<string, unknown> {
  const { code, message, parts, remedy, docs, requestId } = failure;
  return {
    error: { code, message, ...(parts.length > 0 ? { parts } : {}), remedy, docs, requestId },
  };
}

/** What isn't there: the list in which it would be. */
function lookAround({ code, instance = "" }: Problem): string | undefined {
  if (code !== "not_found") return undefined;
  const resource = /^\/api\/v1\/([a-z-]+)/.exec(instance)?.[1] ?? "";
  return lists[resource];
}

const lists: Readonly<Record<string, string>> = {
  runs: "gantry runs list",
  secrets: "gantry secret list",
  "api-keys": "gantry key list",
  actors: "gantry actor list",
  environments: "gantry environment list",
  goals: "gantry goals list",
};

/** The command that most often mends an error, by code. */
const remedies: Readonly<Record<string, string>> = {
  connection_failed: "gantry up",
  unexpected_answer: "gantry doctor",
  unauthorized: "gantry doctor",
  scope_missing: "gantry key create --scope …   (with a key that may manage keys)",
  runbook_unknown: "gantry runbooks list",
  environment_unknown: "gantry environment list",
  project_unknown: "gantry environment list",
  actor_unknown: "gantry actor list",
  secret_not_found: "gantry secret list",
  change_set_stale: "gantry runs show <run>",
  requester_cannot_approve: "GANTRY_KEY=<another person's key> gantry approve …",
  already_approved: "gantry runs show <run>",
  not_an_approver: "gantry runs show <run>",
  queue_full: "gantry workers list",
  database_unavailable: "gantry doctor",
};
