import { Agent } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createProxyServer } from "httpxy";

/** A request whose version can't be reached waits this long for it (or its successor) before it is answered 502. */
const patienceMs = 5_000;
const firstPauseMs = 20;
const longestPauseMs = 500;

export interface Target {
  id: string;
  port: number;
}

export interface EdgeDeps {
  /** Who has the traffic now. Read once per try, in the same tick in which the request is counted. */
  target(): Target | null;
}

export interface Edge {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Requests and upgraded connections that this version is answering. */
  inFlight(id: string): number;
  /** Closes idle connections to a version whose process ended. */
  forget(id: string): void;
  counts(): { total: number; failed: number };
}

/**
 * The reverse proxy in front of a service. A switch is one assignment: the next request asks `target()` and gets the new
 * version, also on a connection that the client keeps open; requests under way end where they began. None is lost:
 * - a refused connection never reached the service, so any request is tried again;
 * - requests that may be repeated (RFC 9110 §9.2.2) reuse connections and are tried again when a reused one turns out to be
 *   closed; all others get a connection of their own, which can't be stale.
 */
export function createEdge({ target }: EdgeDeps): Edge {
  const proxy = createProxyServer({ xfwd: true });
  const agents = new Map<string, Agent>();
  const inFlight = new Map<string, number>();
  const counts = { total: 0, failed: 0 };

  proxy.on("proxyRes", (upstream, _request, response) => {
    // Both speak of the connection to the version, not of the client's.
    delete upstream.headers.connection;
    delete upstream.headers["keep-alive"];
    const served = releases.get(response);
    if (served !== undefined) upstream.headers["x-gantry-release"] = served;
  });
  const releases = new WeakMap<ServerResponse, string>();

  const agentOf = (id: string): Agent => {
    const known = agents.get(id);
    if (known) return known;
    const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
    agents.set(id, agent);
    return agent;
  };

  const enter = (id: string): (() => void) => {
    inFlight.set(id, (inFlight.get(id) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      inFlight.set(id, (inFlight.get(id) ?? 1) - 1);
    };
  };

  const refuse = (response: ServerResponse, status: 502 | 503, text: string): void => {
    counts.failed += 1;
    if (response.headersSent) response.destroy();
    else
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "retry-after": "1" }).end(`${text}\n`);
  };

  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const giveUpAt = performance.now() + patienceMs;
    for (let pause = firstPauseMs; !response.destroyed; pause = Math.min(pause * 2, longestPauseMs)) {
      const to = target();
      if (to === null) return refuse(response, 503, "No version of this service has the traffic yet.");
      const repeatable = mayRepeat(request);
      const leave = enter(to.id);
      response.once("close", leave);
      releases.set(response, to.id);
      const error = await proxy
        .web(request, response, { target: `http://127.0.0.1:${to.port}`, agent: repeatable ? agentOf(to.id) : false })
        .then(() => null, asError);
      if (error === null) return;
      leave();
      response.removeListener("close", leave);
      const again =
        !response.headersSent &&
        performance.now() < giveUpAt &&
        (neverArrived(error) || (repeatable && isReset(error)));
      if (!again) return refuse(response, 502, "The service closed the connection before it answered.");
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };

  return {
    request(request, response) {
      counts.total += 1;
      trustOnlyLoopback(request);
      response.setMaxListeners(64); // Every try adds its own.
      request.setMaxListeners(64);
      void forward(request, response);
    },
    upgrade(request, socket, head) {
      counts.total += 1;
      trustOnlyLoopback(request);
      const to = target();
      if (to === null) {
        counts.failed += 1;
        return void socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n\r\n");
      }
      socket.once("close", enter(to.id));
      proxy.ws(request, socket as Socket, { target: `http://127.0.0.1:${to.port}` }, head).catch(() => {
        counts.failed += 1;
        socket.destroy();
      });
    },
    inFlight: (id) => inFlight.get(id) ?? 0,
    forget(id) {
      agents.get(id)?.destroy();
      agents.delete(id);
    },
    counts: () => ({ ...counts }),
  };
}

const repeatable = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Idempotent, and without a body: one that was half sent could not be sent again. */
function mayRepeat(request: IncomingMessage): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  return repeatable.has(request.method ?? "") && (length === undefined || length === "0") && encoding === undefined;
}

function neverArrived(error: NodeJS.ErrnoException): boolean {
  return error.code === "ECONNREFUSED";
}

function isReset(error: NodeJS.ErrnoException): boolean {
  return error.code === "ECONNRESET" || error.code === "EPIPE";
}

function asError(error: unknown): NodeJS.ErrnoException {
  return error instanceof Error ? error : new Error(String(error));
}

/** A client could claim any address in X-Forwarded-For; a TLS terminator on this very host is believed. */
function trustOnlyLoopback(request: IncomingMessage): void {
  const peer = request.socket.remoteAddress ?? "";
  if (peer === "::1" || peer.startsWith("127.") || peer.startsWith("::ffff:127.")) return;
  for (const name of Object.keys(request.headers)) if (name.startsWith("x-forwarded-")) delete request.headers[name];
  delete request.headers["forwarded"];
}
