import { expect, test } from "vitest";
import { absolute, clockTime, duration, parseDuration, relative } from "./time.ts";

const noon = Date.UTC(2026, 10, 21, 12, 0, 0);

test("times are UTC and say so", () => {
  expect(absolute("2026-11-21T12:00:00.123Z")).toBe("2026-11-21 12:00:00 UTC");
  expect(clockTime(noon)).toBe("12:00:00");
});

test.each([
  [850, "850 ms"],
  [3_249, "3.2 s"],
  [59_999, "59.9 s"],
  [125_000, "2 m 05 s"],
  [15_120_000, "4 h 12 m"],
  [273_600_000, "3 d 04 h"],
  [-5, "0 ms"],
])("%d milliseconds are %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test("a time is told from now, forwards and backwards", () => {
  expect(relative(noon + 90_000, noon)).toBe("in 1 m 30 s");
  expect(relative(noon - 2_000, noon)).toBe("2.0 s ago");
});

test.each([
  ["90s", 90_000],
  ["1.5h", 5_400_000],
  ["500ms", 500],
  ["2d", 172_800_000],
  ["90", undefined],
  ["", undefined],
  ["-1s", undefined],
  ["1h30m", undefined],
])("the duration %s is %s milliseconds", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
