import { apiPrefix, type Endpoint, Problem } from "@gantry/sdk/api";
import fc from "fast-check";
import { otherRoutes } from "../../platform/src/api/docs/reference.ts";
import type { TestApi } from "./api.ts";
import { inputOf } from "./examples.ts";
import { junkText, junkValue, withJunk } from "./junk.ts";
import { ask, bodyFor, endpoints, idFor, type Answered, type Request } from "./requests.ts";
import type { Tenant } from "./things.ts";

/** What was sent and what came back, by status. */
export interface Tally {
  requests: number;
  byStatus: Record<number, number>;
  slowest: { ms: number; what: string };
  /** What was answered as nothing may be: one request of each route and kind. */
  wrong: Map<string, string>;
}

type Gen = fc.GeneratorValue;

/**
 * Sends malformed requests to every route. Each must be answered in time, with less than 500, and refused by a problem; the same
 * seed sends the same requests.
 */
export async function fuzz(
  api: Pick<TestApi, "app" | "url">,
  tenant: Tenant,
  { requests, seed, onThousand }: { requests: number; seed: number; onThousand(tally: Tally): void },
): Promise<Tally> {
  const tally: Tally = { requests: 0, byStatus: {}, slowest: { ms: 0, what: "" }, wrong: new Map() };
  const one = fc.asyncProperty(fc.gen(), async (g) => {
    const { request, headers, name } = g(routeOf) < otherShare ? otherRequest(g, tenant) : contractRequest(g, tenant);
    const what = `${name}: ${request.url.slice(0, 300)} ${JSON.stringify(headers)} ${request.payload?.slice(0, 500) ?? ""}`;
    const started = performance.now();
    const send = () => ask(api, request, headers).catch((error: unknown) => String(error));
    let answered = await send();
    // On a machine that is too busy for its database the answer says to try again; what is wrong with a request stays so.
    for (let tries = 0; tries < 3 && isUnavailable(answered); tries += 1) answered = await send();
    const ms = performance.now() - started;
    tally.requests += 1;
    if (tally.requests % 1_000 === 0) onThousand(tally);
    if (ms > tally.slowest.ms) tally.slowest = { ms: Math.round(ms), what: name };
    if (typeof answered === "string") return void tally.wrong.set(`${name} not at all`, `${answered} ${what}`);
    const { status, body } = answered;
    tally.byStatus[status] = (tally.byStatus[status] ?? 0) + 1;
    if (status >= 500) tally.wrong.set(`${name} ${status}`, `${body} ${what}`);
    else if (status >= 400 && name.includes(apiPrefix) && !isDeviceFlow(name) && !isProblem(status, body))
      tally.wrong.set(`${name} no problem`, `${body.slice(0, 300)} ${what}`);
  });
  const lanes = 8;
  await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      fc.assert(one, { numRuns: Math.ceil(requests / lanes), seed: seed + lane, endOnFailure: true }),
    ),
  );
  if ("isAdmin" in {}) tally.wrong.set("prototype", "Object.prototype was polluted.");
  return tally;
}

function isUnavailable(answered: Answered | string): boolean {
  return typeof answered !== "string" && answered.status === 503 && answered.body.includes('"database_unavailable"');
}

function isProblem(status: number, body: string): boolean {
  try {
    return Problem.parse(JSON.parse(body)).status === status;
  } catch {
    return false;
  }
}

const routeOf = (): fc.Arbitrary<number> => fc.nat(99);
const otherShare = 15;

interface Made {
  name: string;
  request: Request;
  headers: Record<string, string>;
}

/** Its own errors, RFC 8628. */
const isDeviceFlow = (name: string): boolean => name.includes("/auth/device/");

/** They would end what the rest is tried with, or never end themselves. */
const kept = new Set(["organizations.remove", "feed.follow"]);
const fuzzed = endpoints.filter(({ id }) => !kept.has(id));

const endpointAny = (): fc.Arbitrary<Endpoint> => fc.constantFrom(...fuzzed);
const text = (): fc.Arbitrary<string> => junkText;
const value = (): fc.Arbitrary<unknown> => junkValue;
const nat = (most: number): fc.Arbitrary<number> => fc.nat(most);

function contractRequest(g: Gen, tenant: Tenant): Made {
  const endpoint = g(endpointAny);
  const what = g(nat, 9);
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) =>
    encoded(what < 3 ? g(text) : idFor(endpoint, tenant.ids, name)),
  );
  const query = g(nat, 9) < 4 ? `?${queryOf(g, endpoint)}` : "";
  const headers = { authorization: `Bearer ${tenant.key}`, ...headersOf(g) };
  const name = `${endpoint.method} ${apiPrefix}${endpoint.path}`;
  const url = `${apiPrefix}${path}${query}`;
  const { method, body } = endpoint;
  if (body === undefined) return { name, request: { method, url, headers: {} }, headers };
  const payload = payloadOf(g, bodyFor(endpoint, tenant.ids));
  return { name, request: { method, url, headers: { "content-type": "application/json" }, payload }, headers };
}

function otherRequest(g: Gen, tenant: Tenant): Made {
  const { methods, path } = g(() => fc.constantFrom(...otherRoutes));
  const method = g(() => fc.constantFrom(...methods)) as Request["method"];
  const url = path.replace(/:(\w+)/g, () => encoded(g(text)));
  const form = !path.startsWith("/api/") && !path.startsWith("/hooks/");
  const example = { email: "a@example.com", password: "x", code: "1", token: "x", id: "x", name: "x" };
  const headers = { ...(g(nat, 1) === 0 ? { cookie: tenant.session.cookie } : {}), ...headersOf(g) };
  const type = form ? "application/x-www-form-urlencoded" : "application/json";
  const fields = Object.entries(example).map(([name, one]): [string, string] => [
    name,
    g(nat, 2) === 0 ? g(text) : one,
  ]);
  const payload = form ? new URLSearchParams(fields).toString() : payloadOf(g, example);
  const request: Request = { method, url: g(nat, 3) === 0 ? `${url}?x=${encoded(g(text))}` : url, headers: {} };
  const name = `${method} ${path}`;
  if (method === "GET") return { name, request, headers };
  return { name, request: { ...request, headers: { "content-type": type }, payload }, headers };
}

/** As one part of an address; half a surrogate pair can't be written there. */
function encoded(part: string): string {
  const written = encodeURIComponent(part.toWellFormed()).slice(0, 4_000);
  return written === "" || written === "." || written === ".." ? "x" : written;
}

function queryOf(g: Gen, { query }: Endpoint): string {
  const known = Object.keys(query === undefined ? {} : (inputOf(query).properties ?? {}));
  // A log that is followed ends with its run.
  const names = [...known.filter((name) => name !== "follow"), "__proto__", "x[y][z]", "constructor"];
  return Array.from({ length: 1 + g(nat, 2) }, () => `${g(() => fc.constantFrom(...names))}=${encoded(g(text))}`).join(
    "&",
  );
}

function payloadOf(g: Gen, example: unknown): string {
  switch (g(nat, 9)) {
    case 0:
      return g(text);
    case 1:
      return JSON.stringify(g(value)) ?? "";
    case 2: {
      const whole = JSON.stringify(example);
      return whole.slice(0, g(nat, whole.length));
    }
    case 3:
      return `{"__proto__": {"isAdmin": true}, ${JSON.stringify({ ...(example as object), more: g(value) }).slice(1)}`;
    case 4:
      return JSON.stringify({ ...(example as object), [g(text)]: g(value) });
    case 5:
      return g(nat, 20) === 0
        ? JSON.stringify({ ...(example as object), big: "x".repeat(1_100_000) })
        : JSON.stringify(example);
    default:
      return JSON.stringify(withJunk(example, g(nat, 1_000), g(value))) ?? "";
  }
}

const names = [
  "accept",
  "idempotency-key",
  "if-match",
  "if-none-match",
  "range",
  "last-event-id",
  "x-request-id",
  "origin",
  "x-gantry-organization",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "forwarded",
  "cookie",
  "content-type",
  "content-encoding",
  "expect",
  "authorization",
  "user-agent",
  "accept-language",
  "webhook-id",
];

/** Mostly none; what can't be sent in a header isn't tried. */
function headersOf(g: Gen): Record<string, string> {
  if (g(nat, 9) < 6) return {};
  const given = g(text)
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "")
    .slice(0, 8_000);
  return { [g(() => fc.constantFrom(...names))]: given };
}
