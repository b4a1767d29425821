import { GantryError, type ErrorOptions, type Fault } from "@gantry/sdk";

export class InvalidRequestError extends GantryError {
  readonly code = "invalid_request";
  readonly problems: readonly { path: string; message: string }[];
  constructor(problems: readonly { path: string; message: string }[]) {
    const list = problems
      .slice(0, 5)
      .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
      .join("; ");
    super(`The request doesn't fit the contract: ${list}. /docs describes it.`);
    this.problems = problems;
  }
}

/** Text that PostgreSQL can't hold, in a field that is stored as text. */
export class InvalidTextError extends GantryError {
  readonly code = "invalid_text";
  constructor(path: string, options: ErrorOptions = {}) {
    super(
      `${path === "" ? "A text" : path} holds NUL or half of a surrogate pair, which a name can't; take it out. ` +
        "Parameters and payloads may hold them.",
      { ...options, details: { path } },
    );
  }
}

export class BodyTooLargeError extends GantryError {
  readonly code = "body_too_large";
  constructor(limit: number) {
    super(`The body is larger than ${limit} bytes. Put large content into an artifact and refer to it.`, {
      details: { limit },
    });
  }
}

export class BodyTooDeepError extends GantryError {
  readonly code = "body_too_deep";
  constructor(limit: number) {
    super(`The body is nested deeper than ${limit} levels; flatten it.`, { details: { limit } });
  }
}

export class BodyTooComplexError extends GantryError {
  readonly code = "body_too_complex";
  constructor(limit: number) {
    super(`The body holds more than ${limit} values; send less at a time.`, { details: { limit } });
  }
}

/** Of a request that wasn't read to its end: these come from the parser of HTTP. */
export class HeadersTooLargeError extends GantryError {
  readonly code = "headers_too_large";
  constructor() {
    super("The address and the headers of the request are too large together; send fewer or shorter ones.");
  }
}

export class RequestTimeoutError extends GantryError {
  readonly code = "request_timeout";
  override readonly retryable = true;
  constructor() {
    super(
      "The request didn't come in whole in time, so its connection is closed. Send it faster, or in smaller parts.",
    );
  }
}

export class RequestMalformedError extends GantryError {
  readonly code = "request_malformed";
  constructor(cause: unknown) {
    super("What was sent isn't a request of HTTP/1.1. Check the client, http or https, and what stands in between.", {
      cause,
    });
  }
}

export class BodyInvalidError extends GantryError {
  readonly code = "body_invalid";
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`The body isn't JSON: ${why}`, { cause });
  }
}

export class UnsupportedMediaTypeError extends GantryError {
  readonly code = "unsupported_media_type";
  constructor(given: string) {
    super(`Bodies of type ${JSON.stringify(given)} aren't read here; send application/json.`);
  }
}

export class RateLimitedError extends GantryError {
  readonly code = "rate_limited";
  override readonly retryable = true;
  constructor(limit: number, seconds: number, whereTo = "with this key") {
    super(`More than ${limit} requests a minute came ${whereTo}; try again in ${seconds} s.`, {
      details: { limit, retryAfter: seconds },
    });
  }
}

export class CursorInvalidError extends GantryError {
  readonly code = "cursor_invalid";
  constructor() {
    super("The cursor isn't one that this list gave with this filter. Start without one.");
  }
}

export class IdempotencyKeyInvalidError extends GantryError {
  readonly code = "idempotency_key_invalid";
  constructor() {
    super("Idempotency-Key must be 1 to 200 visible ASCII characters; a UUID is best.");
  }
}

export class IdempotencyKeyReusedError extends GantryError {
  readonly code = "idempotency_key_reused";
  constructor() {
    super("This Idempotency-Key was used for another request. Take a new one for each thing that you want done.");
  }
}

export class IdempotencyInProgressError extends GantryError {
  readonly code = "idempotency_in_progress";
  override readonly retryable = true;
  constructor() {
    super("The same request with this Idempotency-Key is still being worked on; ask again in a moment.");
  }
}

/** Two calls wanted the same name, or each other's rows, at one moment; the database let one of them through. */
export class ChangedAtOnceError extends GantryError {
  readonly code = "changed_at_once";
  override readonly fault: Fault = "operational";
  override readonly retryable = true;
  constructor(cause: unknown) {
    super("Somebody else changed the same thing at the same moment. Nothing of this call was done; send it again.", {
      cause,
    });
  }
}

/** The database doesn't answer, or refuses connections. */
export class DatabaseUnavailableError extends GantryError {
  readonly code = "database_unavailable";
  override readonly fault: Fault = "operational";
  override readonly retryable = true;
  constructor(cause: unknown) {
    super("The database can't be reached at the moment. Nothing was changed; try again shortly.", { cause });
  }
}
