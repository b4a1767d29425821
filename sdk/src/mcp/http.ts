import { AsyncLocalStorage } from "node:async_hooks";
import { createMcpHandler, isLegacyRequest, type McpServer, type ServerEventBus } from "@modelcontextprotocol/server";
import type { Subscriptions } from "./gantry-mcp.ts";
import { createSessions, type SessionLimits } from "./sessions.ts";

/** Streamable HTTP: of the revision 2026-07-28 without sessions, of those of 2025 with a session for clients that keep one. */
export interface McpHttp<Caller> {
  /** `parsedBody`: the body where it was read already. Who calls must be known: nothing is asked here. */
  answer(request: Request, caller: Caller, parsedBody?: unknown): Promise<Response>;
  close(): Promise<void>;
}

export interface McpHttpOptions<Caller> {
  /** `caller` tells, within each call, who made it. */
  serverFor(caller: () => Caller, subscriptions: Subscriptions): McpServer;
  /** The same for all who may use one session: organization, actor and credential. */
  ownerOf(caller: Caller): string;
  /** Tells of changes of resources until what it returns is called (`subscriptions/listen`); absent: nobody is told of any. */
  listen?: (caller: () => Caller, uris: readonly string[], changed: (uri: string) => void) => () => void;
  limits?: Partial<SessionLimits>;
  onError(error: Error): void;
  now?: () => number;
}

export function createMcpHttp<Caller>({
  serverFor,
  ownerOf,
  listen,
  limits,
  onError,
  now = Date.now,
}: McpHttpOptions<Caller>): McpHttp<Caller> {
  // What a call does, it does in the name of who sent it, also in a session that another request began.
  const calling = new AsyncLocalStorage<{ caller: Caller; body: unknown }>();
  const current = () => calling.getStore() as { caller: Caller; body: unknown };
  const caller = () => current().caller;
  const handler = createMcpHandler(
    ({ era }) => serverFor(caller, era === "modern" && listen !== undefined ? "listen" : null),
    {
      onerror: onError,
      ...(listen && { bus: busOf((changed) => listen(caller, urisOf(current().body), changed)) }),
    },
  );
  const sessions = createSessions({ ...defaultLimits, ...limits }, () => serverFor(caller, "requests"), {
    onError,
    now,
  });
  return {
    answer: async (request, from, given) => {
      const body = given ?? (await jsonOf(request));
      const options = body === undefined ? {} : { parsedBody: body };
      return calling.run({ caller: from, body }, async () => {
        const former = await isLegacyRequest(request, body);
        const answered = former ? await sessions.answer(request, ownerOf(from), options) : null;
        return answered ?? handler.fetch(request, options);
      });
    },
    close: async () => {
      await sessions.close();
      await handler.close();
    },
  };
}

/** Each that listens has a source of its own: what one may see isn't told to another. */
function busOf(listen: (changed: (uri: string) => void) => () => void): ServerEventBus {
  return {
    publish: () => undefined,
    subscribe: (told) => listen((uri) => told({ kind: "resource_updated", uri })),
  };
}

function urisOf(body: unknown): string[] {
  const { params } = (body ?? {}) as { params?: { notifications?: { resourceSubscriptions?: unknown } } };
  const uris = params?.notifications?.resourceSubscriptions;
  return Array.isArray(uris) ? uris.filter((uri) => typeof uri === "string") : [];
}

/** A session takes 94 KB, and at most 256 KB of what it said last. */
const defaultLimits: SessionLimits = { perCaller: 16, inAll: 300, idleMs: 30 * 60_000 };

/** Undefined for what isn't JSON: the protocol has an answer of its own for that. */
async function jsonOf(request: Request): Promise<unknown> {
  if (request.body === null) return undefined;
  try {
    return await request.clone().json();
  } catch {
    return undefined;
  }
}
