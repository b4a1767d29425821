import type {
  JSONObject,
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import type { ModelCall, ModelMessage } from "./types.ts";

/** The call as the providers' packages take it. What stays the same from turn to turn is marked for caches of providers that want that. */
export function promptOf(call: ModelCall): LanguageModelV4CallOptions {
  const { messages, tools, output, maxOutputTokens, temperature } = call;
  const lastSystem = messages.findLastIndex(({ role }) => role === "system");
  return {
    prompt: messages.map((message, at) =>
      at === lastSystem || at === messages.length - 1
        ? { ...toMessage(message), providerOptions: marks }
        : toMessage(message),
    ),
    maxOutputTokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(output === undefined ? {} : { responseFormat: { type: "json", schema: output as object, name: "answer" } }),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, inputSchema }) => ({
            type: "function",
            name,
            description,
            inputSchema: inputSchema as object,
          })),
          toolChoice: { type: "auto" },
        }),
  };
}

/** Others find what repeats by themselves. */
const marks: SharedV4ProviderOptions = {
  anthropic: { cacheControl: { type: "ephemeral" } },
  bedrock: { cachePoint: { type: "default" } },
};

function toMessage(message: ModelMessage): LanguageModelV4Message {
  switch (message.role) {
    case "system":
      return message;
    case "user": {
      const parts =
        typeof message.content === "string" ? [{ type: "text" as const, text: message.content }] : message.content;
      return {
        role: "user",
        content: parts.map((part) =>
          part.type === "text"
            ? part
            : { type: "file", mediaType: part.mediaType, data: { type: "data", data: part.data } },
        ),
      };
    }
    case "assistant":
      return {
        role: "assistant",
        content: [
          ...(message.content === "" ? [] : [{ type: "text" as const, text: message.content }]),
          ...(message.toolCalls ?? []).map(({ id, name, input, echo }) => ({
            type: "tool-call" as const,
            toolCallId: id,
            toolName: name,
            input,
            ...(echo === undefined ? {} : { providerOptions: echo as SharedV4ProviderOptions }),
          })),
        ],
      };
    case "tool":
      return {
        role: "tool",
        content: message.results.map(({ id, name, output, failed = false }) => ({
          type: "tool-result",
          toolCallId: id,
          toolName: name,
          output:
            typeof output === "string"
              ? { type: failed ? "error-text" : "text", value: output }
              : { type: failed ? "error-json" : "json", value: output as JSONObject },
        })),
      };
    default:
      return message satisfies never;
  }
}
