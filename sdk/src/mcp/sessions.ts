import { randomUUID } from "node:crypto";
import {
  isInitializeRequest,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
  type McpHandlerRequestOptions,
} from "@modelcontextprotocol/server";
import { createReplay } from "./replay.ts";

export interface SessionLimits {
  /** Of one caller; one more ends the one that was idle for longest. */
  perCaller: number;
  /** In this process. Who comes when there are that many is served without a session. */
  inAll: number;
  /** Ends a session that nobody used for so long. */
  idleMs: number;
}

/** Sessions of the revisions of 2025, in this process alone: another one doesn't know them, answers 404, and the client begins anew. */
export interface McpSessions {
  /** Null for what belongs to no session. */
  answer(request: Request, owner: string, options: McpHandlerRequestOptions): Promise<Response | null>;
  close(): Promise<void>;
}

interface Session {
  id: string;
  /** Whose it is: to everybody else it isn't there. */
  owner: string;
  transport: WebStandardStreamableHTTPServerTransport;
  server: McpServer;
  usedAt: number;
  /** Answers that are still being sent. */
  open: number;
}

export function createSessions(
  { perCaller, inAll, idleMs }: SessionLimits,
  make: () => McpServer,
  { onError, now }: { onError(error: Error): void; now(): number },
): McpSessions {
  const sessions = new Map<string, Session>();
  const end = (one: Session): void => {
    sessions.delete(one.id);
    one.server.close().catch(onError);
  };
  const sweep = (): void => {
    for (const one of sessions.values()) if (one.open === 0 && now() - one.usedAt >= idleMs) end(one);
  };
  const timer = setInterval(sweep, Math.min(idleMs, 60_000)).unref();

  /** False: there is no room for one more. */
  const makeRoom = (owner: string): boolean => {
    const own = [...sessions.values()].filter((one) => one.owner === owner);
    if (own.length < perCaller) return sessions.size < inAll;
    const [idlest] = own.filter(({ open }) => open === 0).toSorted((a, b) => a.usedAt - b.usedAt);
    if (idlest !== undefined) end(idlest);
    return idlest !== undefined;
  };

  const begin = (owner: string): Session => {
    const id = randomUUID();
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      eventStore: createReplay(),
    });
    transport.onerror = onError;
    transport.onclose = () => sessions.delete(id);
    const session = { id, owner, transport, server: make(), usedAt: now(), open: 0 };
    sessions.set(id, session);
    return session;
  };

  /** It is in use as long as somebody reads one of its answers. */
  const whileOpen = (session: Session, response: Response): Response => {
    session.usedAt = now();
    if (response.body === null) return response;
    session.open += 1;
    const over = () => {
      session.open -= 1;
      session.usedAt = now();
    };
    return new Response(withEnd(response.body, over), response);
  };

  return {
    async answer(request, owner, options) {
      sweep();
      const id = request.headers.get("mcp-session-id");
      if (id !== null) {
        const session = sessions.get(id);
        if (session?.owner !== owner) return notFound();
        return whileOpen(session, await session.transport.handleRequest(request, options));
      }
      if (!isInitializeRequest(options.parsedBody) || !makeRoom(owner)) return null;
      const session = begin(owner);
      await session.server.connect(session.transport);
      const response = await session.transport.handleRequest(request, options);
      if (session.transport.sessionId !== undefined) return whileOpen(session, response);
      end(session);
      return response;
    },
    async close() {
      clearInterval(timer);
      for (const one of sessions.values()) end(one);
    },
  };
}

/** The same stream, and word of its end. */
function withEnd(body: ReadableStream<Uint8Array>, over: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        over();
        throw error;
      });
      if (!done) return controller.enqueue(value);
      over();
      controller.close();
    },
    async cancel(reason) {
      over();
      await reader.cancel(reason);
    },
  });
}

function notFound(): Response {
  const error = { code: -32_001, message: "Session not found. Begin a new one with initialize." };
  return Response.json({ jsonrpc: "2.0", error, id: null }, { status: 404 });
}
