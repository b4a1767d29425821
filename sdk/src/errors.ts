import type { ErrorData } from "./error-data.ts";

/** Who has to act: the caller, whoever operates the installation, or whoever wrote the code. */
export type Fault = "user" | "operational" | "bug";

export interface ErrorOptions {
  /** The error that led to this one; kept, never shown to API clients. */
  cause?: unknown;
  /** Facts that belong to the message, safe to show: ids, names, limits. Never a secret. */
  details?: Record<string, unknown>;
}

/**
 * Base of every error that Gantry raises on purpose. `code` is stable: HTTP problem types, CLI exit codes and the
 * docs page `docs/errors/<code>.md` hang on it. A message says what happened, to what, and what to do next.
 */
export abstract class GantryError extends Error {
  abstract readonly code: string;
  readonly fault: Fault = "user";
  /** True when the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean = false;
  readonly details: Record<string, unknown>;

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.details = options.details ?? {};
  }
}

/** Turns anything thrown into data. Unknown errors become `internal_error`: their message may hold anything. */
export function errorData(error: unknown): ErrorData {
  if (error instanceof GantryError) {
    const { code, message, retryable, details } = error;
    return Object.keys(details).length > 0 ? { code, message, retryable, details } : { code, message, retryable };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "internal_error", message, retryable: false };
}
