import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Candidate } from "./route.ts";
import type { Open } from "./setup.ts";
import type { ModelAnswer, ModelCall } from "./types.ts";

/** Answers to calls that have only one, in this process's memory. */
export interface AnswerCache {
  /** Null: the call may be answered differently each time. Another organization's never has the same, nor a connection of the same name elsewhere. */
  keyOf(call: ModelCall, candidate: Candidate<Open>): string | null;
  get(key: string, now: number): ModelAnswer | undefined;
  set(key: string, answer: ModelAnswer, until: number): void;
}

/** Characters of all answers that are kept. */
const mostCharacters = 16_000_000;

export function createAnswerCache(): AnswerCache {
  const kept = new LRUCache<string, { answer: ModelAnswer; until: number }>({
    max: 2_000,
    maxSize: mostCharacters,
    sizeCalculation: ({ answer }) => answer.text.length + 1_000,
  });
  return {
    keyOf({ organization, messages, tools, output, maxOutputTokens, temperature, model }, { offer, offered }) {
      if (temperature !== 0 || tools.length > 0) return null;
      const asked = [organization, offer.id, offer.provider, offered.model, model, messages, output, maxOutputTokens];
      return createHash("sha256").update(JSON.stringify(asked)).digest("base64url");
    },
    get(key, now) {
      const found = kept.get(key);
      return found === undefined || found.until <= now ? undefined : found.answer;
    },
    set(key, answer, until) {
      if (answer.finish !== "stop") return;
      const usage = { input: 0, cachedInput: 0, output: 0 };
      const cost = { ...answer.cost, micros: 0, known: true };
      kept.set(key, { answer: { ...answer, usage, cost, firstTokenMs: null, attempts: [] }, until });
    },
  };
}
