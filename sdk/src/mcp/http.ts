import { createMcpHandler, type McpServer } from "@modelcontextprotocol/server";

/** Streamable HTTP without sessions, of the revision 2026-07-28 and those of 2025. */
export interface McpHttp<Caller> {
  /** `parsedBody`: the body where it was read already. Who calls must be known: nothing is asked here. */
  answer(request: Request, caller: Caller, parsedBody?: unknown): Promise<Response>;
  close(): Promise<void>;
}

/** Makes a server for each request, for who sent it. */
export function createMcpHttp<Caller>(
  serverFor: (caller: Caller) => McpServer,
  onError: (error: Error) => void,
): McpHttp<Caller> {
  const handler = createMcpHandler(({ authInfo }) => serverFor(authInfo?.extra?.["caller"] as Caller), {
    onerror: onError,
  });
  return {
    answer: (request, caller, parsedBody) =>
      handler.fetch(request, {
        // Handed through to whoever makes the server, and looked at by nobody else.
        authInfo: { token: "", clientId: "", scopes: [], extra: { caller } },
        ...(parsedBody === undefined ? {} : { parsedBody }),
      }),
    close: () => handler.close(),
  };
}
