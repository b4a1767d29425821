import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import {
  McpServer,
  type CallToolResult,
  type InputRequiredResult,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { createMcpHttp } from "@gantry/sdk/mcp";
import fastify from "fastify";
import type { z } from "zod";
import { exchange } from "../../../platform/src/api/http/web-exchange.ts";

type Answer = CallToolResult | InputRequiredResult;

export interface ScriptedTool {
  description: string;
  input: z.ZodObject;
  output?: z.ZodObject;
  annotations?: { readOnlyHint?: boolean };
  run(input: Record<string, unknown>, context: ServerContext): Answer | Promise<Answer>;
}

/** A server of both revisions, over a socket, whose tools a test can change between two requests. */
export interface ScriptedMcp extends AsyncDisposable {
  url: string;
  tools: Record<string, ScriptedTool>;
  /** Calls of tools, in their order. */
  calls: { tool: string; input: Record<string, unknown> }[];
  headers: IncomingHttpHeaders[];
  /** The bearer that it wants; null: none. */
  wants: string | null | ((token: string) => Promise<boolean>);
  /** Where it sends clients for a token, by RFC 9728, for what scopes, and who it says that they are for. */
  issuer: string | null;
  scopes: string[];
  resource: string | null;
  /** The scope that a call lacks which isn't taken (RFC 6750); null: all are. */
  lacking: null | ((body: unknown, token: string) => Promise<string | null>);
}

export const said = (text: string): CallToolResult => ({ content: [{ type: "text", text }] });

const metadata = "/.well-known/oauth-protected-resource/mcp";

export async function startScriptedMcp(tools: Record<string, ScriptedTool>): Promise<ScriptedMcp> {
  const { answer, close } = createMcpHttp<null>({
    serverFor: make,
    ownerOf: () => "anybody",
    onError: () => undefined,
  });
  const until = new AbortController();
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.all("/mcp", async (request, reply) => {
    scripted.headers.push(request.headers);
    if (!(await welcome(request.headers.authorization)))
      return reply
        .code(401)
        .header("www-authenticate", `Bearer resource_metadata="${new URL(metadata, scripted.url).href}"`)
        .send();
    const lacks = (await scripted.lacking?.(request.body, request.headers.authorization?.slice(7) ?? "")) ?? null;
    if (lacks !== null)
      return reply
        .code(403)
        .header(
          "www-authenticate",
          `Bearer error="insufficient_scope", scope="${lacks}", resource_metadata="${new URL(metadata, scripted.url).href}"`,
        )
        .send();
    const origin = `http://${request.headers.host ?? ""}`;
    return exchange(request, reply, { origin, until: until.signal }, (one) => answer(one, null));
  });
  app.get(metadata, (_request, reply) =>
    scripted.issuer === null
      ? reply.code(404).send()
      : reply.send({
          resource: scripted.resource ?? scripted.url,
          authorization_servers: [scripted.issuer],
          scopes_supported: scripted.scopes,
        }),
  );
  await app.listen({ host: "127.0.0.1", port: 0 });
  const scripted: ScriptedMcp = {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/mcp`,
    tools,
    calls: [],
    headers: [],
    wants: null,
    issuer: null,
    scopes: [],
    resource: null,
    lacking: null,
    async [Symbol.asyncDispose]() {
      until.abort();
      await close();
      const closed = once(app.server, "close");
      app.server.closeAllConnections();
      await app.close();
      await closed;
    },
  };
  return scripted;

  async function welcome(authorization = ""): Promise<boolean> {
    const { wants } = scripted;
    if (typeof wants !== "function") return wants === null || authorization === `Bearer ${wants}`;
    return authorization.startsWith("Bearer ") && wants(authorization.slice(7));
  }

  function make(): McpServer {
    const server = new McpServer({ name: "scripted", version: "1.0.0" }, { capabilities: { tools: {} } });
    for (const [name, { description, input, output, annotations = {}, run }] of Object.entries(scripted.tools)) {
      const shape = { description, inputSchema: input, annotations, ...(output && { outputSchema: output }) };
      server.registerTool(name, shape, (given, context) => {
        scripted.calls.push({ tool: name, input: given });
        return run(given, context);
      });
    }
    return server;
  }
}
