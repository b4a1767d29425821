import type {
  JSONObject,
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import type { ModelCall, ModelMessage } from "./types.ts";

/** The call as the providers' packages take it. What stays the same from turn to turn is marked for caches of providers that want that. */
export function promptOf(call: ModelCall): LanguageModelV4CallOptions {
  const { tools, output, maxOutputTokens, temperature } = call;
  const messages = withOwnIds(call.messages);
  const lastSystem = messages.findLastIndex(({ role }) => role === "system");
  return {
    prompt: messages.map((message, at) =>
      at === lastSystem || at === messages.length - 1
        ? { ...toMessage(message), providerOptions: marks }
        : toMessage(message),
    ),
    maxOutputTokens,
    providerOptions: unkept,
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

/** OpenAI keeps what is asked and answered for a month unless it is told not to. Each call brings the whole conversation along. */
const unkept: SharedV4ProviderOptions = { openai: { store: false }, azure: { store: false } };

/**
 * Ids of calls that every provider takes (Mistral: nine letters and digits), each once: a conversation may go on elsewhere than where it began,
 * and a provider may give two calls the same.
 */
function withOwnIds(messages: readonly ModelMessage[]): ModelMessage[] {
  let count = 0;
  let open = new Map<string, string[]>();
  return messages.map((message) => {
    if (message.role === "assistant" && message.toolCalls !== undefined) {
      open = new Map();
      const toolCalls = message.toolCalls.map((call) => {
        const id = `call${String((count += 1)).padStart(5, "0")}`;
        open.set(call.id, [...(open.get(call.id) ?? []), id]);
        return { ...call, id };
      });
      return { ...message, toolCalls };
    }
    if (message.role !== "tool") return message;
    return { ...message, results: message.results.map((one) => ({ ...one, id: open.get(one.id)?.shift() ?? one.id })) };
  });
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
