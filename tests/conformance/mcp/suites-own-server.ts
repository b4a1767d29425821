import { once } from "node:events";
import type { AddressInfo } from "node:net";
import {
  acceptedContent,
  completable,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  McpServer,
  ResourceTemplate,
  type InputRequests,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { createMcpHttp } from "@gantry/sdk/mcp";
import fastify from "fastify";
import { z } from "zod";
import { exchange } from "../../../platform/src/api/http/web-exchange.ts";

/** A server with the tools, resources and prompts that the suite asks for by name, over the same HTTP as Gantry's own. */
export async function startSuitesOwnServer(): Promise<{ url: string } & AsyncDisposable> {
  const { answer, close } = createMcpHttp<null>({
    serverFor: (_caller, subscriptions) => create(subscriptions),
    ownerOf: () => "the suite",
    onError: () => undefined,
  });
  const until = new AbortController();
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.all("/mcp", (request, reply) => {
    const { host } = new URL(`http://${request.headers.host ?? ""}`);
    if (!/^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host)) return reply.code(421).send();
    return exchange(request, reply, { origin: `http://${host}`, until: until.signal }, (one) => answer(one, null));
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url: `http://localhost:${(app.server.address() as AddressInfo).port}/mcp`,
    async [Symbol.asyncDispose]() {
      until.abort();
      await close();
      const closed = once(app.server, "close");
      app.server.closeAllConnections();
      await app.close();
      await closed;
    },
  };
}

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const wav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";
const text = (said: string) => ({ type: "text" as const, text: said });
const image = { type: "image" as const, data: png, mimeType: "image/png" };
const codec = createRequestStateCodec<{ round: number }>({ key: "a key of this test's, long enough for it" });

function create(subscriptions: "requests" | "listen" | null): McpServer {
  const server = new McpServer(
    { name: "suites-own", version: "1.0.0" },
    {
      capabilities: {
        tools: {},
        resources: { subscribe: subscriptions !== null },
        prompts: {},
        completions: {},
        logging: {},
      },
      requestState: { verify: codec.verify },
    },
  );
  plainTools(server);
  askingTools(server);
  formTools(server);
  resources(server);
  if (subscriptions === "requests") watched(server);
  prompts(server);
  return server;
}

function plainTools(server: McpServer): void {
  const tool = (name: string, content: object[]) =>
    server.registerTool(name, { description: name }, () => ({ content: content as never }));
  tool("test_simple_text", [text("This is a simple text response for testing.")]);
  tool("test_image_content", [image]);
  tool("test_audio_content", [{ type: "audio", data: wav, mimeType: "audio/wav" }]);
  const resource = {
    uri: "test://embedded-resource",
    mimeType: "text/plain",
    text: "This is an embedded resource content.",
  };
  tool("test_embedded_resource", [{ type: "resource", resource }]);
  const mixed = {
    uri: "test://mixed-content-resource",
    mimeType: "application/json",
    text: '{"test":"data","value":123}',
  };
  tool("test_multiple_content_types", [
    text("Multiple content types test:"),
    image,
    { type: "resource", resource: mixed },
  ]);
  server.registerTool("test_error_handling", { description: "Fails." }, () => {
    throw new Error("This tool intentionally returns an error for testing");
  });
  server.registerTool("test_tool_with_progress", { description: "Reports progress." }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of progressToken === undefined ? [] : [0, 50, 100])
      await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total: 100 } });
    return { content: [text("done")] };
  });
  for (const name of ["test_tool_with_logging", "test_logging_tool"])
    server.registerTool(name, { description: "Writes a log." }, async ({ mcpReq }) => {
      for (const said of ["Tool execution started", "Tool processing data", "Tool execution completed"])
        // oxlint-disable-next-line typescript/no-deprecated -- the suite asks for it
        await mcpReq.log("info", said);
      return { content: [text("logged")] };
    });
}

const name = inputRequired.elicit({
  message: "What is your name?",
  requestedSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
});
const ask = (message: string, field: string, type: "string" | "boolean") =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: "object", properties: { [field]: { type } }, required: [field] } as never,
  });
const sample = (said: string) =>
  inputRequired.createMessage({ messages: [{ role: "user", content: text(said) }], maxTokens: 50 });

/** Those that need something of the client before they can answer. */
function askingTools(server: McpServer): void {
  const asking = (
    tool: string,
    requests: InputRequests,
    answer: (context: ServerContext) => string | undefined,
    state = false,
  ) =>
    server.registerTool(tool, { description: tool }, async (context) => {
      const said = answer(context);
      if (said !== undefined) return { content: [text(said)] };
      const requestState = state ? { requestState: await codec.mint({ round: 1 }, context) } : {};
      return inputRequired({ inputRequests: requests, ...requestState });
    });
  const given = ({ mcpReq }: ServerContext, key: string) =>
    inputResponse(mcpReq.inputResponses, key).kind === "missing" ? undefined : key;
  const NameOf = z.object({ name: z.string() });
  const named = ({ mcpReq }: ServerContext) => acceptedContent(mcpReq.inputResponses, "user_name", NameOf)?.name;

  const hello = (context: ServerContext) => {
    const who = named(context);
    return who === undefined ? undefined : `Hello, ${who}!`;
  };
  asking("test_input_required_result_elicitation", { user_name: name }, hello);
  asking("test_streaming_elicitation", { user_name: name }, hello);
  const capital = { capital_question: sample("What is the capital of France?") };
  asking("test_input_required_result_sampling", capital, (context) => given(context, "capital_question"));
  asking("test_missing_capability", capital, (context) => given(context, "capital_question"));
  const roots = { client_roots: inputRequired.listRoots() };
  asking("test_input_required_result_list_roots", roots, (context) => given(context, "client_roots"));
  const confirm = { confirm: ask("Please confirm", "ok", "boolean") };
  const confirmed = (context: ServerContext) =>
    given(context, "confirm") !== undefined && context.mcpReq.requestState() !== undefined ? "state-ok" : undefined;
  asking("test_input_required_result_request_state", confirm, confirmed, true);
  asking("test_input_required_result_tampered_state", confirm, confirmed, true);
  const several = { user_name: name, greeting: sample("Generate a greeting"), ...roots };
  const all = (context: ServerContext) =>
    Object.keys(several).every((key) => given(context, key) !== undefined) ? "Everything came." : undefined;
  asking("test_input_required_result_multiple_inputs", several, all, true);

  server.registerTool("test_input_required_result_multi_round", { description: "Asks twice." }, async (context) => {
    const { round = 0 } = context.mcpReq.requestState<{ round: number }>() ?? {};
    const questions = [
      ask("Step 1: What is your name?", "name", "string"),
      ask("Step 2: What is your favorite color?", "color", "string"),
    ];
    const done = round > 0 && given(context, `step${round}`) !== undefined ? round : Math.max(0, round - 1);
    const next = questions[done];
    if (next === undefined) return { content: [text("Both came.")] };
    const requestState = await codec.mint({ round: done + 1 }, context);
    return inputRequired({ inputRequests: { [`step${done + 1}`]: next }, requestState });
  });
  server.registerTool(
    "test_input_required_result_capabilities",
    { description: "Asks what the client can." },
    async ({ mcpReq }) => {
      const can = (mcpReq.envelope as Record<string, object> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ?? {};
      return inputRequired({
        inputRequests: {
          ...("sampling" in can ? { greeting: sample("Generate a greeting") } : {}),
          ...("elicitation" in can ? { user_name: name } : {}),
        },
      });
    },
  );
}

/** Those that a client of 2025 is asked for in the middle of a call. */
function formTools(server: McpServer): void {
  const asking = (tool: string, input: z.ZodObject, request: (given: Record<string, string>) => InputRequests) =>
    server.registerTool(tool, { description: tool, inputSchema: input }, (given, { mcpReq }) =>
      mcpReq.inputResponses === undefined
        ? inputRequired({ inputRequests: request(given as Record<string, string>) })
        : { content: [text(`It says: ${JSON.stringify(mcpReq.inputResponses)}`)] },
    );
  const form = (message: string, properties: object, required: string[] = []) =>
    inputRequired.elicit({ message, requestedSchema: { type: "object", properties, required } as never });
  asking("test_sampling", z.object({ prompt: z.string() }), ({ prompt = "" }) => ({
    said: inputRequired.createMessage({ messages: [{ role: "user", content: text(prompt) }], maxTokens: 100 }),
  }));
  const string = { type: "string" };
  asking("test_elicitation", z.object({ message: z.string() }), ({ message = "" }) => ({
    who: form(message, { username: string, email: string }, ["username", "email"]),
  }));
  asking("test_elicitation_sep1034_defaults", z.object({}), () => ({
    who: form("Who are you?", {
      name: { ...string, default: "John Doe" },
      age: { type: "integer", default: 30 },
      score: { type: "number", default: 95.5 },
      status: { ...string, enum: ["active", "inactive", "pending"], default: "active" },
      verified: { type: "boolean", default: true },
    }),
  }));
  const plain = { ...string, enum: ["option1", "option2", "option3"] };
  const titled = ["First", "Second", "Third"].map((title, index) => ({ const: `value${index + 1}`, title }));
  const enumNames = ["Option One", "Option Two", "Option Three"];
  asking("test_elicitation_sep1330_enums", z.object({}), () => ({
    which: form("Which?", {
      untitledSingle: plain,
      titledSingle: { ...string, oneOf: titled },
      legacyEnum: { ...string, enum: ["opt1", "opt2", "opt3"], enumNames },
      untitledMulti: { type: "array", items: plain },
      titledMulti: { type: "array", items: { anyOf: titled } },
    }),
  }));
}

/** Nothing of it ever changes. */
function watched({ server }: McpServer): void {
  for (const method of ["resources/subscribe", "resources/unsubscribe"] as const)
    server.setRequestHandler(method, async () => ({}));
}

function resources(server: McpServer): void {
  const read = (uri: string, mimeType: string, content: { text: string } | { blob: string }) =>
    server.registerResource(uri, uri, { mimeType }, () => ({ contents: [{ uri, mimeType, ...content }] }));
  read("test://static-text", "text/plain", { text: "This is the content of the static text resource." });
  read("test://static-binary", "image/png", { blob: png });
  const template = new ResourceTemplate("test://template/{id}/data", { list: undefined });
  server.registerResource("template", template, { mimeType: "application/json" }, (uri, { id }) => {
    const content = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` });
    return { contents: [{ uri: uri.href, mimeType: "application/json", text: content }] };
  });
}

function prompts(server: McpServer): void {
  const said = (...content: object[]) => ({
    messages: content.map((one) => ({ role: "user" as const, content: one as never })),
  });
  const description = "A prompt of the suite's.";
  server.registerPrompt("test_simple_prompt", { description }, () =>
    said(text("This is a simple prompt for testing.")),
  );
  const arg1 = completable(z.string(), (value) => ["paris", "park", "party"].filter((one) => one.startsWith(value)));
  const both = z.object({ arg1, arg2: z.string() });
  server.registerPrompt("test_prompt_with_arguments", { description, argsSchema: both }, (given) =>
    said(text(`Prompt with arguments: arg1='${given.arg1}', arg2='${given.arg2}'`)),
  );
  const of = z.object({ resourceUri: z.string() });
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description, argsSchema: of },
    ({ resourceUri: uri }) => {
      const resource = { uri, mimeType: "text/plain", text: "Embedded resource content for testing." };
      return said({ type: "resource", resource }, text("Please process the embedded resource above."));
    },
  );
  server.registerPrompt("test_prompt_with_image", { description }, () =>
    said(image, text("Please analyze the image above.")),
  );
  server.registerPrompt("test_input_required_result_prompt", { description }, ({ mcpReq }) => {
    const given = acceptedContent(mcpReq.inputResponses, "user_context", z.object({ context: z.string() }));
    if (given !== undefined) return said(text(`In the context of ${given.context}.`));
    return inputRequired({
      inputRequests: { user_context: ask("What context should the prompt use?", "context", "string") },
    });
  });
}
