import { api as contract, apiPrefix, type Endpoint } from "@gantry/sdk/api";
import { bodies, queries } from "./endpoints.ts";
import { exampleOf, inputOf } from "./examples.ts";
import type { TestApi } from "./api.ts";

/** Every endpoint of the contract: what a new one is tried with follows from its declaration. */
export const endpoints: readonly Endpoint[] = Object.values<Record<string, Endpoint>>(contract).flatMap((resource) =>
  Object.values(resource),
);

export interface Request {
  method: Endpoint["method"];
  url: string;
  headers: Record<string, string>;
  payload?: string;
  /** Its answer doesn't end by itself. */
  endless?: boolean;
}

export interface Answered {
  status: number;
  body: string;
  headers: Record<string, unknown>;
}

/** What the parts of an address stand for: `runbooks.name` of one resource's endpoints, `run` of all the others'. */
export type Ids = Readonly<Record<string, string>>;

/**
 * A request that fits its endpoint, so that nothing but who sends it, or whose things it names, can be the reason for a refusal.
 * @throws Error that says what to add for an endpoint that it can't make one for.
 */
export function requestFor(
  endpoint: Endpoint,
  ids: Ids,
  changed: { query?: Record<string, string>; body?: unknown } = {},
): Request {
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(idFor(endpoint, ids, name)));
  const query = new URLSearchParams({ ...queryFor(endpoint, ids), ...changed.query }).toString();
  const url = `${apiPrefix}${path}${query === "" ? "" : `?${query}`}`;
  const endless = endpoint.produces?.[0] === "text/event-stream" && endpoint.query === undefined;
  if (endpoint.body === undefined) return { method: endpoint.method, url, headers: {}, endless };
  const payload = JSON.stringify(changed.body ?? bodyFor(endpoint, ids));
  return { method: endpoint.method, url, headers: { "content-type": "application/json" }, payload };
}

export function resourceOf({ id }: Endpoint): string {
  return id.slice(0, id.indexOf("."));
}

export function idFor(endpoint: Endpoint, ids: Ids, name: string): string {
  const found = ids[`${resourceOf(endpoint)}.${name}`] ?? ids[name];
  if (found === undefined)
    throw new Error(`${endpoint.id}: nothing is known for :${name} of its path; plant one in tests/support/things.ts.`);
  return found;
}

/** Of a body that fits; names and ids in it are the caller's own where there are such. */
export function bodyFor(endpoint: Endpoint, ids: Ids = {}): unknown {
  const { id, body } = endpoint;
  if (body === undefined) return undefined;
  const own = ids[`body:${id}`];
  const made = own !== undefined ? (JSON.parse(own) as unknown) : (bodies[id] ?? exampleOf(inputOf(body)));
  const parsed = body.safeParse(made);
  if (parsed.success) return made;
  throw new Error(
    `${id}: no body that fits follows from its schema (${parsed.error.message}); add one to bodies in tests/support/endpoints.ts.`,
  );
}

function queryFor({ id, query }: Endpoint, ids: Ids): Record<string, string> {
  const given = Object.fromEntries(new URLSearchParams(ids[`query:${id}`] ?? queries[id] ?? ""));
  if (query === undefined || query.safeParse(given).success) return given;
  const made = exampleOf(inputOf(query)) as Record<string, unknown>;
  if (query.safeParse(made).success)
    return Object.fromEntries(Object.entries(made).map(([name, one]) => [name, String(one)]));
  throw new Error(
    `${id}: no query that fits follows from its schema; add one to queries in tests/support/endpoints.ts.`,
  );
}

/** Sends it without a socket, unless the answer is a stream: of that the beginning is enough. */
export async function ask(
  api: Pick<TestApi, "app" | "url">,
  { endless = false, ...request }: Request,
  headers: object = {},
): Promise<Answered> {
  if (endless) {
    const ending = new AbortController();
    const init = { headers: headers as Record<string, string>, signal: ending.signal };
    const response = await fetch(new URL(request.url, api.url), init);
    const body = response.ok ? "" : await response.text();
    ending.abort();
    return { status: response.status, body, headers: Object.fromEntries(response.headers) };
  }
  const all = { host: new URL(api.url).host, ...request.headers, ...(headers as Record<string, string>) };
  const answered = await inTime(api.app.inject({ ...request, headers: all }), `${request.method} ${request.url}`);
  return { status: answered.statusCode, body: answered.body, headers: answered.headers };
}

/** What never answers is named, instead of everything that waits for it. */
async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  const { promise: never, reject } = Promise.withResolvers<never>();
  const late = setTimeout(() => reject(new Error(`${what} got no answer.`)), answerMs);
  return Promise.race([work, never]).finally(() => clearTimeout(late));
}

/** Far more than any of them takes on a machine that has other things to do. */
const answerMs = 60_000;

/** What must not tell one refusal from the other: everything but the request's own id and address. @throws for anything but a problem. */
export function refusalIn({ body, headers }: Answered): Record<string, unknown> {
  if (!String(headers["content-type"]).startsWith("application/problem+json"))
    throw new Error(`Not a problem but ${String(headers["content-type"])}: ${body.slice(0, 200)}`);
  const { requestId, instance, ...rest } = JSON.parse(body) as Record<string, unknown>;
  if (requestId !== headers["x-request-id"] || typeof instance !== "string")
    throw new Error(`A problem without its request: ${body}`);
  return rest;
}

/** One after another would wait for the database most of the time. */
export async function eachOf<T>(items: Iterable<T>, work: (item: T) => Promise<void>, atOnce = 12): Promise<void> {
  const rest = [...items][Symbol.iterator]();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}
