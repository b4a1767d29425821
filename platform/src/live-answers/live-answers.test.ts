import type { AnswerPart } from "@gantry/sdk/api";
import { withPart } from "@gantry/sdk/api";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createRedactor } from "../lib/redact.ts";
import { createLiveAnswers, createReaders } from "./index.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const place = { org: "a", run: "r", step: "ask", thought: "1", turn: 1 };

/** A worker and a server, with what travels between them. */
function connected() {
  const sent: string[] = [];
  const answers = createLiveAnswers({
    tell: async (payloads) => {
      sent.push(...payloads);
      for (const one of payloads) readers.onPart(one);
    },
    now: () => Date.now(),
  });
  const readers = createReaders({
    tell: async (payloads) => {
      for (const one of payloads) answers.onReaders(one);
    },
  });
  return { answers, readers, sent };
}

function reader() {
  const parts: AnswerPart[] = [];
  return {
    parts,
    onPart: (part: AnswerPart) => void parts.push(part),
    said: () => parts.reduce<string | null>((said, part) => (said === null ? null : withPart(said, part)), ""),
  };
}

test("who reads hears what was said before they came, and then what is said; who doesn't costs nothing", async () => {
  const { answers, readers, sent } = connected();
  const answer = answers.open(place, createRedactor([]));
  answer.part({ type: "text", text: "Good " });
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toEqual([]);
  const first = reader();
  const stop = readers.follow(place, first.onPart);
  await vi.advanceTimersByTimeAsync(20);
  expect(first.said()).toBe("Good ");
  answer.part({ type: "text", text: "morn" });
  answer.part({ type: "text", text: "ing" });
  await vi.advanceTimersByTimeAsync(20);
  expect(first.parts.slice(1)).toMatchObject([{ from: 5, text: "morning" }]);
  const second = reader();
  readers.follow(place, second.onPart);
  answer.part({ type: "tool", name: "check.http" });
  answer.end();
  await vi.advanceTimersByTimeAsync(20);
  expect([first.said(), second.said()]).toEqual(["Good morning", "Good morning"]);
  expect(second.parts.at(-1)?.tools).toEqual(["check.http"]);
  stop();
  const heard = first.parts.length;
  answers.open({ ...place, turn: 2 }, createRedactor([])).part({ type: "text", text: "more" });
  await vi.advanceTimersByTimeAsync(20);
  expect(first.parts).toHaveLength(heard);
  expect(second.parts.at(-1)).toMatchObject({ turn: 2, text: "more" });
  readers.close();
});

test("a reader of another organization hears nothing, whatever run it names", async () => {
  const { answers, readers } = connected();
  const stranger = reader();
  readers.follow({ org: "b", run: place.run }, stranger.onPart);
  answers.open(place, createRedactor([])).part({ type: "text", text: "ours" });
  await vi.advanceTimersByTimeAsync(50);
  expect(stranger.parts).toEqual([]);
  readers.close();
});

test("another model that begins anew takes back what was said", async () => {
  const { answers, readers } = connected();
  const one = reader();
  readers.follow(place, one.onPart);
  const answer = answers.open(place, createRedactor([]));
  answer.part({ type: "text", text: "The sh" });
  answer.part({ type: "tool", name: "check.http" });
  await vi.advanceTimersByTimeAsync(20);
  answer.part({ type: "restart" });
  await vi.advanceTimersByTimeAsync(20);
  expect(one.said()).toBe("");
  expect(one.parts.at(-1)?.tools).toEqual([]);
  answer.part({ type: "text", text: "It works" });
  await vi.advanceTimersByTimeAsync(20);
  expect(one.said()).toBe("It works");
  readers.close();
});

test("a secret is hidden wherever it is broken in two, and letters that are broken stay whole", async () => {
  const { answers, readers, sent } = connected();
  const one = reader();
  readers.follow(place, one.onPart);
  const answer = answers.open(place, createRedactor(["hunter2hunter2"]));
  for (const text of ["the key is hun", "ter2hun", "ter2, ", "Ünïcödé 日本 h"]) {
    answer.part({ type: "text", text });
    await vi.advanceTimersByTimeAsync(20);
  }
  answer.end();
  await vi.advanceTimersByTimeAsync(20);
  expect(one.said()).toBe("the key is [redacted], Ünïcödé 日本 h");
  expect(sent.join("")).not.toMatch(/hunter2|ter2hun/);
  readers.close();
});

test("what is held and what is sent at once have limits, whatever a model says", async () => {
  const { answers, readers, sent } = connected();
  const one = reader();
  readers.follow(place, one.onPart);
  const answer = answers.open(place, createRedactor([]));
  for (let at = 0; at < 100; at += 1) {
    answer.part({ type: "tool", name: "x".repeat(10_000) });
    answer.part({ type: "text", text: "\u0000\ud83d\ude00".repeat(1_000) });
  }
  await vi.advanceTimersByTimeAsync(20);
  expect(one.said()).toHaveLength(64 * 1024);
  expect(Math.max(...sent.map((payload) => Buffer.byteLength(payload)))).toBeLessThan(8_000);
  readers.close();
});

test("a reader who doesn't say any more that they are there isn't told, and one who does is", async () => {
  const { answers, readers, sent } = connected();
  const answer = answers.open(place, createRedactor([]));
  readers.follow(place, () => {});
  await vi.advanceTimersByTimeAsync(60_000);
  answer.part({ type: "text", text: "still there" });
  await vi.advanceTimersByTimeAsync(20);
  expect(sent.at(-1)).toContain("still there");
  readers.close();
  await vi.advanceTimersByTimeAsync(15_001);
  answer.part({ type: "text", text: "gone" });
  await vi.advanceTimersByTimeAsync(20);
  expect(sent.at(-1)).not.toContain("gone");
});
