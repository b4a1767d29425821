import type { z } from "zod";
import type { Problem } from "../api/common.ts";
import type { AnswerOf, BodyOf, Endpoint, ParamsOf, QueryOf } from "../api/endpoint.ts";
import { apiPrefix } from "../api/index.ts";
import { ApiError, ConnectionFailedError, ServerUrlInvalidError, UnexpectedAnswerError } from "./errors.ts";
import { backOff, pause, waitOf } from "./retry.ts";

export interface ClientOptions {
  /** Of the server: `http://127.0.0.1:4400`. */
  url: string;
  /** An API key, `gantry_…`. Without one a browser's own session counts, on pages of the server itself. */
  key?: string;
  /** Which one a session, whose person may belong to several, works in; by id. */
  organization?: string;
  fetch?: typeof fetch;
  /** Tries of a call that may be repeated, the first one included; default 4. */
  tries?: number;
  /** Until the answer begins; default 30 s. */
  timeoutMs?: number;
  /** Named in the server's log. */
  userAgent?: string;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** For POST; a fresh one unless given, so that a repeated call is done once. */
  idempotencyKey?: string;
}

/** The parts of a request that an endpoint takes; absent where it takes none. */
export type RequestOf<E> = Part<"params", ParamsOf<E>> & QueryPart<QueryOf<E>> & Part<"body", BodyOf<E>>;
type Part<Name extends string, S> = S extends z.ZodUndefined
  ? unknown
  : S extends z.ZodType
    ? { [K in Name]: z.input<S> }
    : unknown;
type QueryPart<S> = S extends z.ZodUndefined ? unknown : S extends z.ZodType ? { query?: z.input<S> } : unknown;

interface Request {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
}

export interface Transport {
  /** @throws ApiError, ConnectionFailedError, UnexpectedAnswerError */
  call<E extends Endpoint>(endpoint: E, request: RequestOf<E>, options?: CallOptions): Promise<z.output<AnswerOf<E>>>;
  /** The answer as it comes, for streams and files; repeated on failure like `call`. */
  open(
    endpoint: Endpoint,
    request: Request,
    options?: CallOptions & { headers?: Record<string, string> },
  ): Promise<Response>;
}

/** Sends requests of the contract, with the key, and repeats those that may be repeated. */
export function createTransport(options: ClientOptions): Transport {
  const base = baseOf(options.url);
  const send = options.fetch ?? fetch;
  const tries = options.tries ?? 4;

  const open: Transport["open"] = async (endpoint, request, { signal, idempotencyKey, headers } = {}) => {
    const url = addressOf(base, endpoint, request);
    // Made once, so that every try of the call carries the same one.
    const idempotent = endpoint.method === "POST" ? (idempotencyKey ?? freshKey()) : undefined;
    const init: RequestInit = {
      method: endpoint.method,
      // Never hand the key to wherever a redirect points.
      redirect: "error",
      headers: {
        ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
        ...(options.organization === undefined ? {} : { "x-gantry-organization": options.organization }),
        accept: "application/json, application/problem+json",
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        ...(idempotent === undefined ? {} : { "idempotency-key": idempotent }),
        ...(options.userAgent === undefined ? {} : { "user-agent": options.userAgent }),
        ...headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    };
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await once(send, url, init, options.timeoutMs ?? 30_000, signal);
      if (outcome instanceof Response) return outcome;
      if (signal?.aborted === true) throw signal.reason;
      if (attempt >= tries || !outcome.retryable) throw outcome;
      await pause(waitOf(outcome) ?? backOff(attempt), signal);
    }
  };

  return {
    open,
    async call(endpoint, request, options) {
      const response = await open(endpoint, request as Request, options);
      if (response.status === 204) return undefined as never;
      return (await readJson(response)) as never;
    },
  };
}

/** Not randomUUID: browsers have that on pages by https or of this machine only. */
function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

type Failure = ApiError | ConnectionFailedError | UnexpectedAnswerError;

/** One try: the answer if it is a success, else what went wrong. */
async function once(
  send: typeof fetch,
  url: URL,
  init: RequestInit,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Response | Failure> {
  const abort = new AbortController();
  const onAbort = () => abort.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  // Only until the answer begins: a stream may take as long as it likes.
  const timer = setTimeout(() => abort.abort(new Error(`nothing for ${timeoutMs} ms`)), timeoutMs);
  try {
    const response = await send(url, { ...init, signal: abort.signal });
    if (response.ok) return response;
    return await failureOf(url, response);
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    return new ConnectionFailedError(url.origin, abort.signal.aborted ? abort.signal.reason : cause);
  } finally {
    // The listener stays while a stream is open: it is what ends it.
    clearTimeout(timer);
  }
}

async function failureOf(url: URL, response: Response): Promise<Failure> {
  const text = await response.text();
  if ((response.headers.get("content-type") ?? "").startsWith("application/problem+json")) {
    const problem = JSON.parse(text) as Problem;
    const wait = response.headers.get("retry-after");
    return new ApiError(
      wait === null ? problem : { ...problem, details: { ...problem.details, retryAfter: Number(wait) } },
    );
  }
  return new UnexpectedAnswerError(url.origin, `status ${response.status} (${text.slice(0, 200)})`);
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new UnexpectedAnswerError(response.url, `something other than JSON (${text.slice(0, 200)})`);
  }
}

function baseOf(url: string): URL {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new ServerUrlInvalidError(url);
  return new URL(url.endsWith("/") ? url : `${url}/`);
}

function addressOf(base: URL, endpoint: Endpoint, request: Request): URL {
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(request.params?.[name] ?? ""));
  const url = new URL(`${apiPrefix}${path}`.slice(1), base);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
  }
  return url;
}
