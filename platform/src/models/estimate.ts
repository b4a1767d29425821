import type { ModelCall } from "./types.ts";

/**
 * How many tokens a call's prompt has at most. Tokenizers differ and aren't at hand, so it errs upwards: three bytes a token, where English
 * text has four and code three and a half, and something for how messages and tools are wrapped.
 */
export function estimateInput({ messages, tools, output }: Pick<ModelCall, "messages" | "tools" | "output">): number {
  let tokens = 16;
  for (const message of messages) {
    tokens += 8;
    if (message.role === "tool") for (const { output: given } of message.results) tokens += 16 + tokensOf(given);
    else if (typeof message.content === "string") tokens += tokensOf(message.content);
    else for (const part of message.content) tokens += part.type === "text" ? tokensOf(part.text) : imageTokens;
    if (message.role === "assistant")
      for (const { name, input } of message.toolCalls ?? []) tokens += 16 + tokensOf([name, input]);
  }
  for (const { name, description, inputSchema } of tools) tokens += 24 + tokensOf([name, description, inputSchema]);
  return tokens + (output === undefined ? 0 : 64 + tokensOf(output));
}

/** What providers count for the largest images that they take. */
const imageTokens = 5_000;

/** Of text, or of what becomes JSON, upwards. */
export function tokensOf(value: unknown): number {
  return Math.ceil(Buffer.byteLength(typeof value === "string" ? value : JSON.stringify(value)) / 3);
}
