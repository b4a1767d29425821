import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Answers by something that speaks the web's own `Request` and `Response`. Cookies stay here. */
export async function exchange(
  request: FastifyRequest,
  reply: FastifyReply,
  { origin, until }: { origin: string; until: AbortSignal },
  answer: (request: Request) => Promise<Response>,
): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  const { body } = request;
  const response = await answer(
    new Request(new URL(request.url, origin), {
      method: request.method,
      headers: headersOf(request),
      signal: AbortSignal.any([gone.signal, until]),
      ...(Buffer.isBuffer(body) ? { body: new Uint8Array(body) } : {}),
    }),
  );
  void reply.code(response.status);
  for (const [name, value] of response.headers) void reply.header(name, value);
  return reply.send(response.body === null ? undefined : Readable.fromWeb(response.body));
}

function headersOf(request: FastifyRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    if (name !== "cookie" && value !== undefined) headers.set(name, String(value));
  return headers;
}
