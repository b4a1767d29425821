import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** What says who calls, from where, and by which name; everything else of a call is its own. */
const handedOn = [
  "authorization",
  "x-gantry-organization",
  "host",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
] as const;

/**
 * `fetch` that asks this very server, on behalf of who sent `request`: through all its guards, limits and records, as if they had
 * asked by themselves, and without a socket.
 */
export function fetchWithin(app: FastifyInstance, request: FastifyRequest): typeof fetch {
  // Read now: what goes on after the answer is still theirs, and a socket that is closed has no address.
  const own: Record<string, string> = { "x-request-id": request.id };
  for (const name of handedOn) {
    const value = request.headers[name];
    if (value !== undefined) own[name] = String(value);
  }
  const remoteAddress = request.socket.remoteAddress ?? "";
  return async (input, init = {}) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const headers = { ...Object.fromEntries(new Headers(init.headers)), ...own };
    const answer = await app.inject({
      method: (init.method ?? "GET") as "GET",
      url: pathname + search,
      headers,
      remoteAddress,
      payloadAsStream: true,
      ...(typeof init.body === "string" ? { payload: init.body } : {}),
      ...(init.signal ? { signal: init.signal } : {}),
    });
    const { statusCode: status } = answer;
    const empty = status === 204 || status === 304;
    return new Response(empty ? null : (Readable.toWeb(answer.stream()) as ReadableStream), {
      status,
      headers: Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]),
    });
  };
}
