import type { Json } from "@gantry/sdk";
import { createEvent } from "@gantry/sdk/testing";
import { expect, test } from "vitest";
import { sumOf, thoughtsOf } from "./thoughts.ts";

const noted = (note: Json, step = "ask") => {
  const event = createEvent("attempt.noted");
  return { ...event, data: { ...event.data, step, note } };
};
const answered = (turn: number, calls: string[], more: Record<string, Json> = {}): Json => ({
  thought: "1",
  turn,
  kind: "answered",
  answer: {
    text: "hm",
    toolCalls: calls.map((name, at) => ({ id: `c${at}`, name, input: {} })),
    finish: "stop",
    model: "m",
    usage: { input: 10, output: 5 },
    cost: { micros: 7, currency: "USD", known: true },
    totalMs: 3,
    attempts: [{ call: "first" }, { call: null }, {}],
    ...more,
  },
});
const call = (turn: number, id: string, kind: "calling" | "called", tool: string): Json => ({
  thought: "1",
  turn,
  id,
  kind,
  tool,
  ...(kind === "called" && { output: "fine", failed: tool === "bad.tool" }),
});

test("turns have their calls with what came of them; what was only proposed was not carried out", () => {
  const [thought, ...others] = thoughtsOf([
    noted(answered(1, ["good__tool", "bad__tool", "terraform__apply", "slow__tool"])),
    noted(call(1, "0", "calling", "good.tool")),
    noted(call(1, "3", "calling", "slow.tool")),
    noted(call(1, "0", "called", "good.tool")),
    noted(call(1, "1", "called", "bad.tool")),
    noted({
      thought: "1",
      turn: 2,
      kind: "summarized",
      text: "All was fine.",
      usage: { input: 100, output: 1 },
      cost: { micros: 1, currency: "USD", known: false },
    }),
    noted(answered(2, [])),
  ]);
  expect(others).toEqual([]);
  expect(thought?.turns[0]?.calls.map(({ tool, state }) => `${tool} ${state}`)).toEqual([
    "good.tool done",
    "bad.tool failed",
    "terraform__apply idle",
    "slow.tool running",
  ]);
  expect(thought?.turns[0]?.asked).toEqual(["first"]);
  expect(thought?.turns[1]).toMatchObject({ summary: "All was fine.", tokens: { input: 110, output: 6 } });
  expect(sumOf(thought ?? { turns: [] })).toEqual({
    turns: 2,
    tokens: { input: 120, output: 11 },
    cost: { micros: 15, known: false },
    sources: ["good.tool", "bad.tool"],
  });
});

test("what other tools note, and what a newer release does, is left out; each step thinks by itself", () => {
  const thoughts = thoughtsOf([
    noted("half way"),
    noted({ kind: "answered", thought: "1", turn: 1 }),
    noted({ kind: "dreamt", thought: "1", turn: 1 }),
    noted(call(9, "0", "called", "good.tool")),
    noted(answered(1, [])),
    noted(answered(1, []), "other"),
    createEvent("run.paused"),
  ]);
  expect(thoughts.map(({ step, turns }) => `${step} ${turns.length}`)).toEqual(["ask 1", "other 1"]);
});
