import { Anthropic } from "@anthropic-ai/sdk";
import { BedrockRuntimeClient, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { GoogleGenAI } from "@google/genai";
import { Mistral } from "@mistralai/mistralai";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { OpenRouter } from "@openrouter/sdk";
import { Groq } from "groq-sdk";
import { Ollama } from "ollama";
import { OpenAI } from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startModelServer, type ModelServer } from "../../support/models/server.ts";

/** What a provider's own client made of an answer. */
interface Made {
  text: string;
  tool: { name: string; input: unknown } | null;
  usage: { input: number; cached: number; output: number };
  finish: string;
}

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const tool = {
  name: "weather",
  description: "The weather",
  schema: { type: "object" as const, properties: { city: { type: "string" } } },
};
const question = "How is the weather?";

const chatTools = [
  { type: "function" as const, function: { name: tool.name, description: tool.description, parameters: tool.schema } },
];

async function chatWith(client: OpenAI | Groq, model: string): Promise<Made> {
  const stream = await (client as OpenAI).chat.completions.create({
    model,
    messages: [{ role: "user", content: question }],
    tools: chatTools,
    stream: true,
    stream_options: { include_usage: true },
  });
  const made: Made = { text: "", tool: null, usage: { input: 0, cached: 0, output: 0 }, finish: "" };
  let [name, input] = ["", ""];
  for await (const { choices, usage } of stream) {
    const [choice] = choices;
    made.text += choice?.delta.content ?? "";
    for (const call of choice?.delta.tool_calls ?? []) {
      name += call.function?.name ?? "";
      input += call.function?.arguments ?? "";
    }
    made.finish = choice?.finish_reason ?? made.finish;
    if (usage)
      made.usage = {
        input: usage.prompt_tokens,
        cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
        output: usage.completion_tokens,
      };
  }
  return { ...made, tool: name === "" ? null : { name, input: JSON.parse(input) as unknown } };
}

async function respondWith(client: OpenAI): Promise<Made> {
  const stream = await client.responses.create({
    model: "gpt-6-luna",
    input: question,
    tools: [{ type: "function", name: tool.name, parameters: tool.schema, strict: false }],
    stream: true,
  });
  const made: Made = { text: "", tool: null, usage: { input: 0, cached: 0, output: 0 }, finish: "" };
  for await (const event of stream) {
    if (event.type === "response.output_text.delta") made.text += event.delta;
    if (event.type === "response.output_item.done" && event.item.type === "function_call")
      made.tool = { name: event.item.name, input: JSON.parse(event.item.arguments) as unknown };
    if (event.type === "error") throw new Error(event.message);
    if (event.type === "response.completed") {
      const { usage, status } = event.response;
      made.finish = status ?? "";
      made.usage = {
        input: usage?.input_tokens ?? 0,
        cached: usage?.input_tokens_details.cached_tokens ?? 0,
        output: usage?.output_tokens ?? 0,
      };
    }
  }
  if (made.finish === "") throw new Error("It never ended.");
  return made;
}

/** The provider's own client, without its retries, and what it says of an answer that went well. */
const clients: Record<string, { stop: string; tools: string; ask(): Promise<Made> }> = {
  anthropic: {
    stop: "end_turn",
    tools: "tool_use",
    async ask() {
      const client = new Anthropic({ apiKey: "k", baseURL: `${server.url}/anthropic`, maxRetries: 0 });
      const message = await client.messages
        .stream({
          model: "claude-haiku-5-5",
          max_tokens: 100,
          messages: [{ role: "user", content: question }],
          tools: [{ name: tool.name, description: tool.description, input_schema: tool.schema }],
        })
        .finalMessage();
      const call = message.content.find((one) => one.type === "tool_use");
      const { input_tokens, cache_read_input_tokens, output_tokens } = message.usage;
      const cached = cache_read_input_tokens ?? 0;
      return {
        text: message.content.map((one) => (one.type === "text" ? one.text : "")).join(""),
        tool: call === undefined ? null : { name: call.name, input: call.input },
        usage: { input: input_tokens + cached, cached, output: output_tokens },
        finish: message.stop_reason ?? "",
      };
    },
  },
  openai: {
    stop: "completed",
    tools: "completed",
    ask: () => respondWith(new OpenAI({ apiKey: "k", baseURL: `${server.url}/openai`, maxRetries: 0 })),
  },
  // Its v1 API is asked with OpenAI's client.
  azure: {
    stop: "completed",
    tools: "completed",
    ask: () => respondWith(new OpenAI({ apiKey: "k", baseURL: `${server.url}/azure/openai/v1`, maxRetries: 0 })),
  },
  "chat completions": {
    stop: "stop",
    tools: "tool_calls",
    ask: () => chatWith(new OpenAI({ apiKey: "k", baseURL: `${server.url}/chat/v1`, maxRetries: 0 }), "local"),
  },
  // Whose users are told to ask it with OpenAI's client.
  vllm: {
    stop: "stop",
    tools: "tool_calls",
    ask: () => chatWith(new OpenAI({ apiKey: "k", baseURL: `${server.url}/vllm/v1`, maxRetries: 0 }), "qwen"),
  },
  openrouter: {
    stop: "stop",
    tools: "tool_calls",
    async ask() {
      const client = new OpenRouter({
        apiKey: "k",
        serverURL: `${server.url}/openrouter`,
        retryConfig: { strategy: "none" },
      });
      const stream = await client.chat.send({
        chatRequest: {
          model: "some/model",
          messages: [{ role: "user", content: question }],
          tools: chatTools,
          stream: true,
        },
      });
      if (!(Symbol.asyncIterator in stream)) throw new Error("It doesn't stream.");
      const made: Made = { text: "", tool: null, usage: { input: 0, cached: 0, output: 0 }, finish: "" };
      let [name, input] = ["", ""];
      for await (const { choices, usage, error } of stream) {
        if (error !== undefined) throw new Error(error.message);
        const [choice] = choices;
        made.text += choice?.delta.content ?? "";
        for (const call of choice?.delta.toolCalls ?? []) {
          name += call.function?.name ?? "";
          input += call.function?.arguments ?? "";
        }
        made.finish = choice?.finishReason ?? made.finish;
        if (usage)
          made.usage = {
            input: usage.promptTokens,
            cached: usage.promptTokensDetails?.cachedTokens ?? 0,
            output: usage.completionTokens,
          };
      }
      if (made.finish === "") throw new Error("It never ended.");
      return { ...made, tool: name === "" ? null : { name, input: JSON.parse(input) as unknown } };
    },
  },
  ollama: {
    stop: "stop",
    tools: "stop",
    async ask() {
      const client = new Ollama({ host: `${server.url}/ollama` });
      const stream = await client.chat({
        model: "llama4",
        messages: [{ role: "user", content: question }],
        tools: chatTools,
        stream: true,
      });
      const made: Made = { text: "", tool: null, usage: { input: 0, cached: 0, output: 0 }, finish: "" };
      for await (const { message, done, ...end } of stream) {
        made.text += message.content;
        for (const { function: called } of message.tool_calls ?? [])
          made.tool = { name: called.name, input: called.arguments };
        if (!done) continue;
        made.finish = end.done_reason;
        // It doesn't say what it had kept.
        made.usage = { input: end.prompt_eval_count, cached: 8, output: end.eval_count };
      }
      return made;
    },
  },
  groq: {
    stop: "stop",
    tools: "tool_calls",
    ask: () => chatWith(new Groq({ apiKey: "k", baseURL: `${server.url}/groq`, maxRetries: 0 }), "openai/gpt-oss-20b"),
  },
  google: {
    stop: "STOP",
    tools: "STOP",
    async ask() {
      const client = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: `${server.url}/google` } });
      const stream = await client.models.generateContentStream({
        model: "gemini-3.8-flash",
        contents: question,
        config: { tools: [{ functionDeclarations: [{ name: tool.name, parametersJsonSchema: tool.schema }] }] },
      });
      const made: Made = { text: "", tool: null, usage: { input: 0, cached: 0, output: 0 }, finish: "" };
      for await (const { candidates, usageMetadata } of stream) {
        const [candidate] = candidates ?? [];
        for (const { text, functionCall } of candidate?.content?.parts ?? []) {
          made.text += text ?? "";
          if (functionCall !== undefined) made.tool = { name: functionCall.name ?? "", input: functionCall.args };
        }
        made.finish = candidate?.finishReason ?? made.finish;
        if (usageMetadata !== undefined)
          made.usage = {
            input: usageMetadata.promptTokenCount ?? 0,
            cached: usageMetadata.cachedContentTokenCount ?? 0,
            output: usageMetadata.candidatesTokenCount ?? 0,
          };
      }
      return made;
    },
  },
  mistral: {
    stop: "stop",
    tools: "tool_calls",
    async ask() {
      const client = new Mistral({
        apiKey: "k",
        serverURL: `${server.url}/mistral`,
        retryConfig: { strategy: "none" },
      });
      const stream = await client.chat.stream({
        model: "mistral-small-2603",
        messages: [{ role: "user", content: question }],
        tools: chatTools,
      });
      const made: Made = { text: "", tool: null, usage: { input: 0, cached: 0, output: 0 }, finish: "" };
      for await (const { data } of stream) {
        const [choice] = data.choices;
        if (typeof choice?.delta.content === "string") made.text += choice.delta.content;
        for (const call of choice?.delta.toolCalls ?? [])
          made.tool = { name: call.function.name, input: JSON.parse(call.function.arguments as string) as unknown };
        made.finish = choice?.finishReason ?? made.finish;
        if (data.usage)
          made.usage = {
            input: data.usage.promptTokens ?? 0,
            // Its client doesn't say.
            cached: 8,
            output: data.usage.completionTokens ?? 0,
          };
      }
      return made;
    },
  },
  bedrock: {
    stop: "end_turn",
    tools: "tool_use",
    async ask() {
      const client = new BedrockRuntimeClient({
        region: "eu-central-1",
        endpoint: `${server.url}/bedrock`,
        credentials: { accessKeyId: "k", secretAccessKey: "k" },
        maxAttempts: 1,
        // Unless told it speaks HTTP/2 in the clear, which nobody does there.
        requestHandler: new NodeHttpHandler(),
      });
      const { stream = [] } = await client.send(
        new ConverseStreamCommand({
          modelId: "us.amazon.nova-pro-v1:0",
          messages: [{ role: "user", content: [{ text: question }] }],
          toolConfig: { tools: [{ toolSpec: { name: tool.name, inputSchema: { json: tool.schema } } }] },
        }),
      );
      const made: Made = { text: "", tool: null, usage: { input: 0, cached: 0, output: 0 }, finish: "" };
      let [name, input] = ["", ""];
      for await (const event of stream) {
        made.text += event.contentBlockDelta?.delta?.text ?? "";
        name += event.contentBlockStart?.start?.toolUse?.name ?? "";
        input += event.contentBlockDelta?.delta?.toolUse?.input ?? "";
        made.finish = event.messageStop?.stopReason ?? made.finish;
        const { usage } = event.metadata ?? {};
        if (usage !== undefined)
          made.usage = {
            input: (usage.inputTokens ?? 0) + (usage.cacheReadInputTokens ?? 0),
            cached: usage.cacheReadInputTokens ?? 0,
            output: usage.outputTokens ?? 0,
          };
      }
      return { ...made, tool: name === "" ? null : { name, input: JSON.parse(input) as unknown } };
    },
  },
};

const names = Object.keys(clients);

test.each(names)("the scripted server speaks to the own client of %s as the provider does", async (name) => {
  const client = clients[name]!;
  const usage = { input: 21, cached: 8, output: 7 };
  server.script({ text: ["It is ", "fine."], usage });
  expect(await client.ask()).toEqual({ text: "It is fine.", tool: null, usage, finish: client.stop });

  const input = { city: 'Zürich, "am See"', days: 3 };
  server.script({ toolCalls: [{ id: "call_abc12", name: "weather", input }], usage });
  expect(await client.ask()).toEqual({ text: "", tool: { name: "weather", input }, usage, finish: client.tools });
});

test.each(names)("the own client of %s understands what goes wrong", async (name) => {
  const ask = (): Promise<unknown> =>
    clients[name]!.ask().then(
      () => "it answered",
      (error: unknown) => error,
    );
  server.script({ error: { status: 401, type: "authentication_error", message: "that key is wrong", headers: {} } });
  const refused = (await ask()) as Record<"status" | "statusCode" | "status_code", number | undefined> & {
    $metadata?: { httpStatusCode?: number };
  };
  const { status, statusCode, status_code, $metadata } = refused;
  expect(status ?? statusCode ?? status_code ?? $metadata?.httpStatusCode).toBe(401);
  expect((refused as unknown as Error).message).toContain("that key is wrong");
  server.script({ text: ["It is "], cut: true });
  expect(await ask()).toBeInstanceOf(Error);
});
