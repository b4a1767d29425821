import { STATUS_CODES } from "node:http";
import { GantryError, type ErrorData } from "@gantry/sdk";
import type { Problem } from "@gantry/sdk/api";
import {
  BodyInvalidError,
  BodyTooLargeError,
  ChangedAtOnceError,
  DatabaseUnavailableError,
  InvalidRequestError,
  InvalidTextError,
  NotFoundError,
  UnsupportedMediaTypeError,
} from "../errors.ts";
import { RunbookInvalidError } from "../../runbooks/index.ts";
import { refusalStatus, statusCodeOf } from "./status-code.ts";

/** A command that the run's owner refused, with the owner's error. */
export class CommandRefusedError extends GantryError {
  readonly code: string;
  override readonly retryable: boolean;
  constructor(error: ErrorData) {
    super(error.message, { details: error.details ?? {} });
    this.code = error.code;
    this.retryable = error.retryable;
  }
}

/** RFC 9457. What isn't one of our errors tells the client nothing but where to look in the log. */
export function problemOf(thrown: unknown, request: { id: string; url: string }): Problem {
  const error = translate(thrown);
  const known = error instanceof GantryError ? error : null;
  const code = known?.code ?? "internal_error";
  const fault = known?.fault ?? "bug";
  const retryable = known?.retryable ?? false;
  const status = known instanceof CommandRefusedError ? refusalStatus(code) : statusCodeOf({ code, retryable, fault });
  const details = known?.details ?? {};
  return {
    type: `/errors/${code}`,
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: known?.message ?? `Something went wrong inside Gantry; its log has request ${request.id}.`,
    instance: request.url.split("?")[0] ?? "/",
    code,
    retryable,
    requestId: request.id,
    ...(Object.keys(details).length > 0 ? { details } : {}),
    ...(error instanceof InvalidRequestError || error instanceof RunbookInvalidError
      ? { errors: [...error.problems] }
      : {}),
  };
}

/** Errors of the framework and of the database in our words. */
function translate(error: unknown): unknown {
  if (error instanceof GantryError || !(error instanceof Error)) return error;
  const { code = "", statusCode } = error as { code?: string; statusCode?: number };
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new BodyTooLargeError((error as { limit?: number }).limit ?? 1024 * 1024);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new UnsupportedMediaTypeError(/"?([^"]*)"?$/.exec(error.message)?.[1] ?? "");
    case "FST_ERR_BAD_URL":
    case "FST_ERR_NOT_FOUND":
      return new NotFoundError();
    case "22021":
    case "22P05":
      return new InvalidTextError("", { cause: error });
    // A unique violation, a failed serialization, a deadlock.
    case "23505":
    case "40001":
    case "40P01":
      return new ChangedAtOnceError(error);
  }
  if (isConnectionFailure(code, error)) return new DatabaseUnavailableError(error);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new BodyInvalidError(error);
  return error;
}

function isConnectionFailure(code: string, error: Error): boolean {
  return (
    /^(08|57P0|53300)/.test(code) ||
    ["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE", "ETIMEDOUT"].includes(code) ||
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
      error.message,
    )
  );
}
