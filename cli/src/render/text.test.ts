import fc from "fast-check";
import { expect, test } from "vitest";
import { cut, hanging, padEnd, widthOf, wrap } from "./text.ts";

test.each([
  ["abc", 3],
  ["日本", 4],
  ["🚀", 2],
  ["e\u0301", 1],
  ["👨‍👩‍👧", 2],
  ["", 0],
])("%s takes %d columns", (text, width) => {
  expect(widthOf(text)).toBe(width);
});

test("a cut text says that something is missing and fits", () => {
  expect(cut("abcdef", 4)).toBe("abc…");
  expect(cut("日本語", 4)).toBe("日…");
  expect(cut("abcd", 4)).toBe("abcd");
});

test("whatever is cut fits", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      expect(widthOf(cut(text, width))).toBeLessThanOrEqual(width);
    }),
  );
});

test("wide letters are padded by what they take", () => {
  expect(padEnd("日", 4)).toBe("日  ");
});

test("lines break between words; what must be copied whole stays whole", () => {
  expect(wrap("one two three", 8)).toEqual(["one two", "three"]);
  expect(wrap("say sha256:0123456789", 8)).toEqual(["say", "sha256:0123456789"]);
  expect(wrap("a\nb", 8)).toEqual(["a", "b"]);
});

test("further lines hang under the first", () => {
  expect(hanging("goal: ", "make it blue and round", 26)).toEqual(["goal: make it blue and", "      round"]);
});
