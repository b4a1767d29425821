import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";

let api: TestApi;
let url: string;
/** How the server answers a request for its tools. */
let list: (response: ServerResponse, id: unknown) => void;
let elsewhere = 0;
/** It never answers when a session is to end. */
let endless = false;

const server = createServer((request, response) => void answer(request, response));
const other = createServer((_request, response) => {
  elsewhere += 1;
  response.end();
});
const portOf = ({ port }: AddressInfo): number => port;
beforeAll(async () => {
  api = await startTestApi();
  await once(server.listen(0, "127.0.0.1"), "listening");
  await once(other.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${portOf(server.address() as AddressInfo)}`;
  await api.client.mcpServers.put("hostile", { transport: "http", url: `${url}/mcp` });
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  other.close();
  await api?.[Symbol.asyncDispose]();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  if (request.method === "DELETE") return void (endless || response.writeHead(204).end());
  if (request.method !== "POST") return void response.writeHead(405).end();
  const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id?: unknown; method: string };
  if (id === undefined) return void response.writeHead(202).end();
  const serverInfo = { name: "hostile", version: "1.0.0" };
  if (method === "initialize")
    return say(response, id, { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo });
  if (method === "tools/list") return list(response, id);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } }));
}

function say(response: ServerResponse, id: unknown, result: unknown, text = JSON.stringify(result)): void {
  response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "s" });
  response.end(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${text}}`);
}

const tool = (name: string, more: object = {}) => ({ name, inputSchema: { type: "object" }, ...more });
const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

const tricks: Record<string, [typeof list, string]> = {
  "describes a tool in 10 MB": [
    (response, id) => say(response, id, { tools: [tool("x", { description: "word ".repeat(2_000_000) })] }),
    "mcp_answer_invalid",
  ],
  "has a schema without a bottom": [
    (response, id) =>
      say(response, id, null, `{"tools":[{"name":"x","inputSchema":{"type":"object","properties":${deep(100_000)}}}]}`),
    "mcp_unreachable",
  ],
  "has five thousand tools": [
    (response, id) => say(response, id, { tools: Array.from({ length: 5_000 }, (_, at) => tool(`t${at}`)) }),
    "mcp_answer_invalid",
  ],
  "has pages without end": [
    (response, id) => say(response, id, { tools: [tool(`t${Math.random()}`)], nextCursor: `${Math.random()}` }),
    "mcp_unreachable",
  ],
  "sends an answer packed a thousandfold": [
    (response, id) => {
      const packed = gzipSync(JSON.stringify({ jsonrpc: "2.0", id, result: { tools: [], x: " ".repeat(20_000_000) } }));
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(packed);
    },
    "mcp_unreachable",
  ],
  "leads to somebody else": [
    (response) =>
      void response
        .writeHead(307, { location: `http://127.0.0.1:${portOf(other.address() as AddressInfo)}/mcp` })
        .end(),
    "mcp_unreachable",
  ],
  "is cut in the middle": [
    (response) => {
      response.writeHead(200, { "content-type": "application/json" }).write('{"jsonrpc":"2.0",');
      setImmediate(() => response.destroy());
    },
    "mcp_unreachable",
  ],
  "gives a number for a tool": [(response, id) => say(response, id, { tools: [7] }), "mcp_unreachable"],
};

test.each(Object.entries(tricks))(
  "a server that %s is one that can't be used, and that is said",
  async (_, [how, code]) => {
    list = how;
    const found = await api.client.mcpServers.test("hostile");
    expect(found.problem?.code).toBe(code);
    expect(JSON.stringify(found).length).toBeLessThan(5_000);
    expect(elsewhere).toBe(0);
  },
);

test("a server that lets no session end holds nobody up", async () => {
  list = (response, id) => say(response, id, { tools: [tool("x")] });
  endless = true;
  const found = await api.client.mcpServers.test("hostile");
  expect(found).toMatchObject({ problem: null, tools: { waiting: 1 } });
});
