import type { ModelCall } from "./types.ts";

type Prompt = Pick<ModelCall, "messages" | "tools" | "output">;

/** How many tokens a call's prompt probably has: three bytes a token, where English text has four and code three and a half. */
export function likelyInput(prompt: Prompt): number {
  return countInput(prompt, (text) => Math.ceil(Buffer.byteLength(text) / 3));
}

/** How many it has at most: for what is set aside, and where a provider doesn't count. Twice what ordinary text has, and no less than what any has. */
export function mostInput(prompt: Prompt): number {
  return countInput(prompt, (text) => Math.ceil(mostTokens(text)));
}

/** What providers count for the largest images that they take. */
const imageTokens = 5_000;

/** With something for how messages and tools are wrapped. */
function countInput({ messages, tools, output }: Prompt, count: (text: string) => number): number {
  const tokensOf = (value: unknown): number => count(typeof value === "string" ? value : JSON.stringify(value));
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

/**
 * By byte of UTF-8, in twentieths of a token: tokenizers aren't at hand and differ, so this is what the worst of text of that kind took of those
 * that are public (o200k, cl100k). Identifiers, numbers, base64 and rare scripts take two to three times as many as the same length of English.
 */
const twentieths = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x80) return /[a-z]/.test(String.fromCharCode(byte)) ? 11 : byte === 0x20 ? 9 : 20;
  // The rest of a character, which its first byte stands for.
  if (byte < 0xc0) return 0;
  // Marks that are put upon letters; then what is of two, three and four bytes.
  if (byte === 0xcc || byte === 0xcd) return 50;
  if (byte < 0xe0) return 22;
  if (byte === 0xe0) return 30;
  return byte < 0xe3 || byte >= 0xee ? (byte < 0xf0 ? 60 : 80) : 48;
});

/** Of a text, in parts of tokens too. */
export function mostTokens(text: string): number {
  let sum = 0;
  for (const byte of Buffer.from(text)) sum += twentieths[byte] as number;
  return sum / 20;
}
