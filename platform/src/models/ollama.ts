import { randomUUID } from "node:crypto";
import {
  APICallError,
  type LanguageModelV4,
  type LanguageModelV4CallOptions,
  type LanguageModelV4Message,
  type LanguageModelV4StreamPart,
} from "@ai-sdk/provider";
import { z } from "zod";

export interface OllamaSettings {
  /** Without /api. */
  url: string;
  key: string;
  fetch: typeof globalThis.fetch;
  /** Tokens of the conversation that the model is loaded for: what is longer is cut off without a word. */
  context: number | null;
  /** For how long it stays loaded, as Ollama writes it. */
  keepAlive: string | null;
}

/**
 * A model behind Ollama's own API (https://docs.ollama.com/api/chat). Its endpoint that is compatible with OpenAI's can't be told for how
 * many tokens to load a model, nor how long to keep it.
 */
export function ollamaModel(settings: OllamaSettings, model: string): Pick<LanguageModelV4, "doStream"> {
  return {
    async doStream(options) {
      const { url, key, fetch } = settings;
      const address = `${url.replace(/\/+(api\/*)?$/, "")}/api/chat`;
      const response = await fetch(address, {
        method: "POST",
        headers: { "content-type": "application/json", ...(key === "" ? {} : { authorization: `Bearer ${key}` }) },
        body: JSON.stringify(requestOf(settings, model, options)),
        redirect: "error",
        ...(options.abortSignal === undefined ? {} : { signal: options.abortSignal }),
      });
      if (!response.ok || response.body === null) throw await refusalOf(response, address);
      const lines = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(splitLines());
      return { stream: lines.pipeThrough(readParts()) };
    },
  };
}

function requestOf(
  { context, keepAlive }: OllamaSettings,
  model: string,
  { prompt, tools = [], maxOutputTokens, temperature, responseFormat }: LanguageModelV4CallOptions,
) {
  const functions = tools.flatMap((tool) =>
    tool.type === "function"
      ? [
          {
            type: "function",
            function: { name: tool.name, description: tool.description, parameters: tool.inputSchema as object },
          },
        ]
      : [],
  );
  return {
    model,
    messages: prompt.flatMap(messagesOf),
    stream: true,
    ...(functions.length === 0 ? {} : { tools: functions }),
    ...(responseFormat?.type === "json" ? { format: (responseFormat.schema as object | undefined) ?? "json" } : {}),
    ...(keepAlive === null ? {} : { keep_alive: /^-?\d+$/.test(keepAlive) ? Number(keepAlive) : keepAlive }),
    // What is undefined isn't sent.
    options: { num_ctx: context ?? undefined, num_predict: maxOutputTokens, temperature },
  };
}

function messagesOf({ role, content }: LanguageModelV4Message): object[] {
  switch (role) {
    case "system":
      return [{ role, content }];
    case "user": {
      const images = content.flatMap((part) =>
        part.type === "file" && part.data.type === "data" && typeof part.data.data === "string" ? [part.data.data] : [],
      );
      return [{ role, content: textOf(content), ...(images.length === 0 ? {} : { images }) }];
    }
    case "assistant": {
      const calls = content.flatMap((part) =>
        part.type === "tool-call"
          ? [{ id: part.toolCallId, function: { name: part.toolName, arguments: objectOf(part.input) } }]
          : [],
      );
      return [{ role, content: textOf(content), ...(calls.length === 0 ? {} : { tool_calls: calls }) }];
    }
    case "tool":
      return content.flatMap((part) => {
        if (part.type !== "tool-result" || !("value" in part.output)) return [];
        const { value } = part.output;
        const text = typeof value === "string" ? value : JSON.stringify(value);
        return [{ role, tool_name: part.toolName, tool_call_id: part.toolCallId, content: text }];
      });
    default:
      return role satisfies never;
  }
}

function textOf(parts: readonly { type: string; text?: string }[]): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

/** It takes nothing else for arguments, also where the model wrote something else itself. */
function objectOf(input: unknown): object {
  return typeof input === "object" && input !== null && !Array.isArray(input) ? input : { input };
}

const Refusal = z.object({ error: z.string() });

async function refusalOf(response: Response, url: string): Promise<APICallError> {
  const said = Refusal.safeParse(await response.json().catch(() => null));
  return new APICallError({
    message: said.data?.error ?? `HTTP ${response.status}`,
    url,
    requestBodyValues: {},
    statusCode: response.status,
    responseHeaders: Object.fromEntries(response.headers),
  });
}

/** A piece of an answer has a few characters; calls with their arguments come whole. */
const longestLine = 8_000_000;

function splitLines(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > longestLine) throw new Error(`A line of the answer is longer than ${longestLine} characters.`);
      for (const line of lines) if (line.trim() !== "") controller.enqueue(line);
    },
    flush(controller) {
      if (rest.trim() !== "") controller.enqueue(rest);
    },
  });
}

const Line = z.union([
  Refusal,
  z.object({
    message: z
      .object({
        content: z.string().default(""),
        thinking: z.string().default(""),
        tool_calls: z
          .array(
            z.object({
              id: z.string().optional(),
              function: z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()).default({}) }),
            }),
          )
          .nullish(),
      })
      .optional(),
    done: z.boolean().default(false),
    done_reason: z.string().optional(),
    prompt_eval_count: z.number().optional(),
    eval_count: z.number().optional(),
  }),
]);

/** Without its last line, which says `done`, the stream has no end: whoever reads it takes it for cut. */
function readParts(): TransformStream<string, LanguageModelV4StreamPart> {
  const id = "0";
  return new TransformStream({
    transform(text, controller) {
      const line = Line.parse(JSON.parse(text));
      if ("error" in line) throw new Error(line.error);
      const { message, done, done_reason: raw, prompt_eval_count: input, eval_count: output } = line;
      if (message?.thinking) controller.enqueue({ type: "reasoning-delta", id, delta: message.thinking });
      if (message?.content) controller.enqueue({ type: "text-delta", id, delta: message.content });
      for (const { id: toolCallId = `call_${randomUUID()}`, function: called } of message?.tool_calls ?? []) {
        const toolName = called.name;
        controller.enqueue({ type: "tool-input-start", id: toolCallId, toolName });
        controller.enqueue({ type: "tool-call", toolCallId, toolName, input: JSON.stringify(called.arguments) });
      }
      if (!done) return;
      controller.enqueue({
        type: "finish",
        finishReason: { unified: raw === "length" ? "length" : "stop", raw },
        usage: {
          inputTokens: { total: input, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
          outputTokens: { total: output, text: undefined, reasoning: undefined },
        },
      });
    },
  });
}
