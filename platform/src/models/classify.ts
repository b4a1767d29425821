import { APICallError } from "@ai-sdk/provider";
import { GantryError } from "@gantry/sdk";
import {
  ModelContextOverflowError,
  ModelError,
  ModelKeyRefusedError,
  ModelProviderFailedError,
  ModelQuotaExhaustedError,
  ModelRateLimitedError,
  ModelRequestRefusedError,
  ModelRetiredError,
  ModelStreamCutError,
  ModelUnknownError,
  ModelUnreachableError,
  type Asked,
} from "./errors.ts";

/** What the provider, its package or the network threw, as an error of ours. `redact` takes secrets out of what the provider said. */
export function classify(error: unknown, asked: Asked, redact: (text: string) => string, now: number): GantryError {
  const ours = find(error, (one) => one instanceof GantryError);
  if (ours instanceof ModelError) return ours;
  if (ours instanceof GantryError)
    return ours.retryable ? new ModelUnreachableError(asked, ours.message, { cause: error }) : ours;
  const api = find(error, (one) => APICallError.isInstance(one)) as APICallError | undefined;
  const text = textOf(api ?? error).slice(0, mostRead);
  const said = saidBy(text, redact);
  const status = api?.statusCode ?? statusIn(text);
  const retryAfterMs = retryAfter(api?.responseHeaders ?? {}, now);
  // A whole answer that couldn't be read comes as an error of a call that went well.
  if (status === undefined || (status >= 200 && status < 300)) return new ModelStreamCutError(asked, { cause: error });
  if (
    /insufficient_quota|credit balance|billing|exceeded your current quota|payment required|spend(ing)? limit/i.test(
      text,
    ) ||
    status === 402
  )
    return new ModelQuotaExhaustedError(asked, said);
  if (status === 429) return new ModelRateLimitedError(asked, retryAfterMs);
  if (status === 401 || status === 403 || /api[_ ]key[_ ](not valid|invalid)/i.test(text))
    return new ModelKeyRefusedError(asked, said);
  if (
    status === 410 ||
    /retired|deprecated|decommissioned|no longer (available|supported)|end of (its )?life/i.test(text)
  )
    return new ModelRetiredError(asked, said);
  if (status === 404 || /model_not_found|invalid_model|unknown model|provided model identifier is invalid/i.test(text))
    return new ModelUnknownError(asked, said);
  if (status === 413 || overflow.test(text)) return new ModelContextOverflowError(asked, said);
  if (status === 408 || status === 409 || status === 425 || status >= 500)
    return new ModelProviderFailedError(asked, said, { retryAfterMs, cause: error });
  return new ModelRequestRefusedError(asked, said);
}

/** Characters of what a provider says of an error. Patterns take too long for a book of it. */
const mostRead = 8_000;

const overflow =
  /context[_ ](length|window)|prompt is too long|too many (input )?tokens|maximum (context|number of tokens)|token count .*exceeds|input is too long|tokens? .*exceeds? the (model|maximum)/i;

/** Errors that providers send in the middle of a stream have a name instead of a status. */
function statusIn(text: string): number | undefined {
  const names: [RegExp, number][] = [
    [/overloaded|unavailable|internal_?(server)?_?(error|failure)|server_error|api_error|modelstreamerror/i, 503],
    [/rate_limit|throttling|too many requests/i, 429],
    [/authentication_error|permission_error/i, 401],
    [/not_found_error/i, 404],
    [/invalid_request_error|validationexception/i, 400],
  ];
  return names.find(([name]) => name.test(text))?.[1];
}

/** Retry-After as seconds or a date (RFC 9110, 10.2.3), or milliseconds as some providers say. */
function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | null {
  const exact = Number(headers["retry-after-ms"]);
  if (headers["retry-after-ms"] !== undefined && Number.isFinite(exact)) return Math.max(0, exact);
  const given = headers["retry-after"];
  if (given === undefined) return null;
  const seconds = Number(given);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(given) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function find(error: unknown, is: (one: unknown) => boolean): unknown {
  let one = error;
  for (let depth = 0; depth < 8 && one !== null && typeof one === "object"; depth += 1) {
    if (is(one)) return one;
    // The packages' own retries keep the errors of all tries.
    one = (one as { cause?: unknown; lastError?: unknown }).cause ?? (one as { lastError?: unknown }).lastError;
  }
  return undefined;
}

function textOf(error: unknown): string {
  if (APICallError.isInstance(error)) return `${error.message} ${error.responseBody ?? ""}`;
  if (error instanceof Error) return `${error.name} ${error.message}`;
  return typeof error === "string" ? error : JSON.stringify(error ?? "");
}

/** The provider's own words where they can be found, short and on one line. */
function saidBy(text: string, redact: (text: string) => string): string {
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text;
  const line = redact(message)
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim();
  return line === "" ? "" : ` (it says: ${line.length > 300 ? `${line.slice(0, 299)}…` : line})`;
}
