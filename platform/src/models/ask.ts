import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart, LanguageModelV4Usage } from "@ai-sdk/provider";
import type { Json, JsonObject } from "@gantry/sdk";
import {
  ModelAnswerEmptyError,
  ModelAnswerEndlessError,
  ModelCallStoppedError,
  ModelStreamCutError,
  ModelTimeoutError,
  type Asked,
} from "./errors.ts";
import { mostTokens } from "./estimate.ts";
import type { Streaming } from "./providers.ts";
import type { ModelAnswer, ModelPart, ToolCall } from "./types.ts";

/** What one model answered. `usage` null: it didn't say. */
export interface Heard {
  text: string;
  toolCalls: ToolCall[];
  finish: ModelAnswer["finish"];
  usage: { input: number; cachedInput: number; cacheWrite: number; output: number } | null;
  firstTokenMs: number;
}

/** What came of an answer, also of one that broke off. */
export interface Overheard {
  /** Tokens of texts, thoughts and calls, upwards. */
  tokens: number;
  /** What the model's provider counted. */
  usage: Heard["usage"];
}

export interface Asking {
  asked: Asked;
  options: LanguageModelV4CallOptions;
  firstTokenMs: number;
  totalMs: number;
  signal: AbortSignal;
  now(): number;
  maxOutputTokens: number;
  /** Filled in as the answer comes: one that breaks off is paid for too. */
  overheard: Overheard;
  onPart(part: ModelPart): void;
}

/**
 * Asks a model once. The stream is read here rather than by a library above the provider's package: what counts as the first token, when it
 * is too late, and what a stream means that just ends is ours to say.
 *
 * @throws whatever the provider threw, ModelTimeoutError, ModelStreamCutError, ModelAnswerEmptyError,
 * ModelAnswerEndlessError, ModelCallStoppedError
 */
export async function ask(model: Streaming, asking: Asking): Promise<Heard> {
  const { asked, options, firstTokenMs, totalMs, signal, now } = asking;
  const began = now();
  const stop = new AbortController();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined;
  let why: Error | null = null;
  const end = (error: Error): void => {
    why ??= error;
    ended.reject(error);
    stop.abort(error);
    // What is being waited for ends at once, also where a package doesn't heed the signal.
    void reader?.cancel(error).catch(() => {});
  };
  const onAbort = (): void => end(new ModelCallStoppedError({ cause: signal.reason }));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  const first = setTimeout(() => end(new ModelTimeoutError(asked, "first token", firstTokenMs)), firstTokenMs);
  const total = setTimeout(() => end(new ModelTimeoutError(asked, "answer", totalMs)), totalMs);
  const heard = listen(asking, () => {
    clearTimeout(first);
    return now() - began;
  });
  try {
    const { stream } = await Promise.race([model.doStream({ ...options, abortSignal: stop.signal }), ended.promise]);
    reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (why !== null) throw why as Error;
      if (done) break;
      heard.take(value);
    }
    return heard.whole();
  } catch (error) {
    void reader?.cancel().catch(() => {});
    throw why ?? error;
  } finally {
    clearTimeout(first);
    clearTimeout(total);
    signal.removeEventListener("abort", onAbort);
  }
}

/** No tokenizer puts more characters into a token on average; a short answer may still have a long call. */
const charactersPerToken = 32;
const alwaysCharacters = 65_536;

/** Puts the parts of a stream together. `onFirst` says after how long the first came. */
function listen({ asked, maxOutputTokens, overheard, onPart }: Asking, onFirst: () => number) {
  const most = alwaysCharacters + maxOutputTokens * charactersPerToken;
  let characters = 0;
  let text = "";
  let firstTokenMs: number | null = null;
  let end: Extract<LanguageModelV4StreamPart, { type: "finish" }> | null = null;
  const toolCalls: ToolCall[] = [];
  const arrived = (said: string): void => {
    firstTokenMs ??= onFirst();
    overheard.tokens += mostTokens(said);
    characters += said.length;
    if (characters > most) throw new ModelAnswerEndlessError(asked, maxOutputTokens);
  };
  /** Calls whose input came in pieces, which were counted. */
  const inPieces = new Set<string>();
  return {
    take(part: LanguageModelV4StreamPart): void {
      switch (part.type) {
        case "text-delta":
          if (part.delta === "") return;
          arrived(part.delta);
          text += part.delta;
          return onPart({ type: "text", text: part.delta });
        case "tool-input-start":
          arrived(part.toolName);
          return onPart({ type: "tool", name: part.toolName });
        case "tool-input-delta":
          inPieces.add(part.id);
          return arrived(part.delta);
        case "reasoning-start":
          return arrived("");
        case "reasoning-delta":
          return arrived(part.delta);
        case "tool-call": {
          arrived(inPieces.has(part.toolCallId) ? "" : part.input);
          const { toolCallId: id, toolName: name, input, providerMetadata } = part;
          const echo = providerMetadata === undefined ? {} : { echo: providerMetadata as JsonObject };
          toolCalls.push({ id, name, input: input.trim() === "" ? {} : readJson(input, input), ...echo });
          return;
        }
        case "error":
          throw part.error;
        case "finish":
          end = part;
          overheard.usage = usageOf(part.usage, overheard);
          return;
        default:
          return;
      }
    },
    whole(): Heard {
      // A stream that just ends, and one whose package says so: the model hadn't finished.
      if (end === null || end.finishReason.unified === "interrupted" || end.finishReason.unified === "error")
        throw new ModelStreamCutError(asked);
      const finish = finishOf(end.finishReason, toolCalls.length > 0);
      if (text === "" && toolCalls.length === 0 && finish === "stop") throw new ModelAnswerEmptyError(asked);
      return { text, toolCalls, finish, usage: overheard.usage, firstTokenMs: firstTokenMs ?? onFirst() };
    },
  };
}

function finishOf(
  { unified, raw }: Extract<LanguageModelV4StreamPart, { type: "finish" }>["finishReason"],
  calls: boolean,
): ModelAnswer["finish"] {
  if (/refus/i.test(raw ?? "")) return "refused";
  if (unified === "content-filter") return "filtered";
  if (unified === "length") return "length";
  return calls ? "tools" : "stop";
}

/** Null where it says nothing, or what can't be: a prompt always has tokens, and so has whatever was said. */
function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage, { tokens }: Overheard): Heard["usage"] {
  const [input, output] = [countOf(inputTokens.total), countOf(outputTokens.total)];
  if (input === 0 || (output === 0 && tokens > 0)) return null;
  const cachedInput = Math.min(countOf(inputTokens.cacheRead), input);
  return { input, cachedInput, cacheWrite: Math.min(countOf(inputTokens.cacheWrite), input), output };
}

const highestCount = 1e9;

/** Whatever a provider says, a number that can be added up. */
function countOf(said: number | undefined): number {
  return said === undefined || Number.isNaN(said) ? 0 : Math.min(Math.max(0, Math.ceil(said)), highestCount);
}

/** Levels of a value; nothing that walks through a deeper one gets out of it again. */
const deepest = 200;

/** `otherwise` where it isn't JSON, or nested without end. */
export function readJson(text: string, otherwise: Json): Json {
  try {
    const value = JSON.parse(text) as Json;
    return isDeeper(value, deepest) ? otherwise : value;
  } catch {
    return otherwise;
  }
}

function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1));
}
