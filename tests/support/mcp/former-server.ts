import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

/** A server of 2025-11-25 that knows nothing of what came later, made with the official package of that time: with sessions, over a socket. */
export async function startFormerMcp(
  make: () => McpServer,
): Promise<{ url: string; sessions: ReadonlyMap<string, unknown> } & AsyncDisposable> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const begin = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await make().connect(transport);
    return transport;
  };
  const server = createServer((request, response) => {
    const id = request.headers["mcp-session-id"];
    const found = typeof id === "string" ? sessions.get(id) : undefined;
    void (async () => (found ?? (await begin())).handleRequest(request, response))();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    sessions,
    async [Symbol.asyncDispose]() {
      for (const one of sessions.values()) await one.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
