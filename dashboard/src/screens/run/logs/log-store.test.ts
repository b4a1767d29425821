import { expect, test } from "vitest";
import { toneOf } from "../../../ui/output.ts";
import { createLogStore, longestLine, type LogPiece, type LogStore } from "./log-store.ts";

const at = "2026-01-01T00:00:00.000Z";
const fill = (pieces: Partial<LogPiece>[]): LogStore => {
  const store = createLogStore();
  for (const piece of pieces) store.add({ attempt: "a1", stream: "stdout", at, text: "", ...piece });
  return store;
};
const textsOf = (store: LogStore): (readonly string[])[] => store.logs.map(({ texts }) => texts);

test("lines are put together from pieces, whatever their ends are", () => {
  const store = fill([{ text: "one\ntw" }, { text: "o\r" }, { text: "\n\nfour\r\nfi" }, { text: "ve" }]);
  expect(textsOf(store)).toEqual([["one", "two", "", "four", "five"]]);
  expect(store.lines).toBe(5);
  expect(store.logs[0]?.settled()).toBe(4);
});

test("streams of an attempt don't cut each other's lines, and attempts are apart", () => {
  const store = fill([
    { text: "out, be" },
    { stream: "stderr", text: "error\n" },
    { text: "gun first\n" },
    { attempt: "a2", text: "other\n" },
    { text: "last\n" },
  ]);
  expect(textsOf(store)).toEqual([["out, begun first", "error", "last"], ["other"]]);
  expect([store.logs[0]?.errors.length, store.logs[0]?.errors.at(0)]).toEqual([1, 1]);
  expect(store.logs[0]?.times.at(2)).toBe(Date.parse(at));
});

test("a colour goes on in the next line of its stream, also when the sequence came in two pieces", () => {
  const store = fill([
    { text: "\u001b[3" },
    { text: "1mred\nstill\n" },
    { stream: "stderr", text: "not\n" },
    { text: "\u001b[0mends\nplain\n" },
  ]);
  const [log] = store.logs;
  expect(log?.texts.map((_, line) => toneOf(log.styles.at(line)))).toEqual(["none", "bad", "none", "bad", "none"]);
});

test("endless lines are cut, between characters", () => {
  const store = fill([{ text: "x".repeat(longestLine - 1) }, { text: `\u{1f6a7}${"y".repeat(longestLine)}\nz` }]);
  const [texts = []] = textsOf(store);
  expect(texts.map(({ length }) => length)).toEqual([longestLine - 1, longestLine, 2, 1]);
  expect(texts[1]?.startsWith("\u{1f6a7}")).toBe(true);
});

test("a hundred thousand lines in ten thousand pieces are all there", () => {
  const store = createLogStore();
  for (let piece = 0; piece < 10_000; piece += 1)
    store.add({ attempt: "a1", stream: piece % 10 === 0 ? "stderr" : "stdout", at, text: `${piece}\n`.repeat(10) });
  expect(store.lines).toBe(100_000);
  expect(store.logs[0]?.texts[99_999]).toBe("9999");
});
