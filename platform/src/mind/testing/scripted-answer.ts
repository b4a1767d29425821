import type { ModelAnswer } from "../../models/types.ts";

/** What a model of tests says, and what that cost: ten tokens in and five out. */
export function scriptedAnswer(said: Partial<ModelAnswer>): ModelAnswer {
  return {
    text: "",
    toolCalls: [],
    finish: "stop",
    usage: { input: 10, cachedInput: 0, output: 5 },
    cost: { micros: 100, currency: "USD", known: true },
    connection: "test",
    provider: "test",
    model: "scripted",
    firstTokenMs: 1,
    totalMs: 2,
    attempts: [],
    ...said,
  };
}
