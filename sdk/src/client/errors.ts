import type { Problem } from "../api/common.ts";
import { GantryError, type Fault } from "../errors.ts";

/** The server refused or failed; its problem (RFC 9457) says why. `code` is the server's. */
export class ApiError extends GantryError {
  readonly code: string;
  override readonly fault: Fault;
  override readonly retryable: boolean;
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail, { details: problem.details ?? {} });
    this.code = problem.code;
    this.status = problem.status;
    this.retryable = problem.retryable;
    this.fault = problem.status >= 500 ? "operational" : "user";
    this.problem = problem;
  }
}

/** No answer: nobody listens there, the connection broke, or it took too long. */
export class ConnectionFailedError extends GantryError {
  readonly code = "connection_failed";
  override readonly fault: Fault = "operational";
  override readonly retryable = true;
  constructor(url: string, cause: unknown) {
    super(`No answer from ${url}: ${reasonOf(cause)}. Is Gantry running there? \`gantry up\` starts it.`, {
      cause,
      details: { url },
    });
  }
}

/** Something answered that isn't Gantry, or an answer that isn't what the contract says. */
export class UnexpectedAnswerError extends GantryError {
  readonly code = "unexpected_answer";
  override readonly fault: Fault = "operational";
  constructor(url: string, what: string) {
    super(`${url} answered ${what}, which isn't an answer of Gantry. Check the URL and what stands in between.`, {
      details: { url },
    });
  }
}

/** The address of the server isn't one. */
export class ServerUrlInvalidError extends GantryError {
  readonly code = "server_url_invalid";
  constructor(url: string) {
    super(`${JSON.stringify(url)} isn't the address of a server; write it like http://127.0.0.1:4400.`);
  }
}

/** fetch hides what went wrong one or two causes deep. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.cause instanceof Error) return reasonOf(cause.cause);
  const code = (cause as { code?: unknown }).code;
  if (cause.message !== "") return cause.message;
  return typeof code === "string" ? code : cause.name;
}
