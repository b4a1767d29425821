import { once } from "node:events";
import { createServer, request as send, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
}

/** What becomes of a request that doesn't simply pass. */
export type Fault =
  | { answer: number; body?: string; headers?: Record<string, string> }
  /** Cuts the connection after so many bytes of the request's body; nothing of it reaches the server. */
  | { cutRequestAfter: number }
  /** The server does it, and nobody hears of it. */
  | { swallowAnswer: true }
  /** Hands on so many bytes of the answer, then cuts the connection. */
  | { cutAnswerAfter: number }
  /** Hands on so many bytes of the answer as if it had no more. */
  | { shortenAnswerTo: number }
  /** Never answers. */
  | { hang: true }
  /** Passes once that resolves. */
  | { waitFor: Promise<void> };

/** Stands between a client and an HTTP server; `decide` says what becomes of each request. */
export interface HttpProxy extends AsyncDisposable {
  url: string;
  /** All that came, in order. */
  seen: SeenRequest[];
  decide: (request: SeenRequest) => Fault | undefined;
}

export async function startHttpProxy(target: string): Promise<HttpProxy> {
  const server = createServer((incoming, outgoing) => {
    const request = { method: incoming.method ?? "", url: incoming.url ?? "", headers: incoming.headers };
    proxy.seen.push(request);
    const fault = proxy.decide(request);
    if (fault === undefined) forward(incoming, outgoing);
    else if ("answer" in fault) answer(incoming, outgoing, fault);
    else if ("cutRequestAfter" in fault) cutRequest(incoming, fault.cutRequestAfter);
    else if ("hang" in fault) incoming.resume();
    else if ("waitFor" in fault) void fault.waitFor.then(() => forward(incoming, outgoing));
    else forward(incoming, outgoing, fault);
  });
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse, fault?: Fault): void => {
    const { method, url, headers } = incoming;
    const upstream = send(new URL(url ?? "", target), { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        reply(outgoing, response, Buffer.concat(chunks), fault);
      });
    });
    upstream.on("error", () => incoming.destroy());
    incoming.pipe(upstream);
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: HttpProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    decide: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}

function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { answer: status, body = "", headers = {} }: Extract<Fault, { answer: number }>,
): void {
  incoming.resume().on("end", () => outgoing.writeHead(status, headers).end(body));
}

function cutRequest(incoming: IncomingMessage, bytes: number): void {
  let received = 0;
  incoming.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (received >= bytes) incoming.destroy();
  });
}

function reply(outgoing: ServerResponse, response: IncomingMessage, body: Buffer, fault: Fault | undefined): void {
  if (fault !== undefined && "swallowAnswer" in fault) return void outgoing.destroy();
  const shown = fault !== undefined && "shortenAnswerTo" in fault ? body.subarray(0, fault.shortenAnswerTo) : body;
  // Without a body the length is that of what a GET would have answered.
  const length = body.length === 0 ? {} : { "content-length": String(shown.length) };
  outgoing.writeHead(response.statusCode ?? 500, { ...response.headers, ...length });
  if (fault === undefined || !("cutAnswerAfter" in fault)) return void outgoing.end(shown);
  outgoing.write(shown.subarray(0, fault.cutAnswerAfter), () => outgoing.destroy());
}
