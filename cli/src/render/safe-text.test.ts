import fc from "fast-check";
import { expect, test } from "vitest";
import { safeJson, safeLine, safeText } from "./safe-text.ts";

test.each([
  ["colours", "\u001b[31mred\u001b[0m", "red"],
  ["cursor movement", "approved\u001b[8Ddenied  ", "approveddenied  "],
  ["8-bit sequences", "a\u009b2Jb", "ab"],
  ["a window title", "a\u001b]0;evil\u0007b", "ab"],
  ["a link", "\u001b]8;;https://evil.example\u001b\\here\u001b]8;;\u001b\\", "here"],
  ["the clipboard", "x\u001b]52;c;ZXZpbA==\u0007y", "xy"],
  ["a sequence that never ends", "a\u001b]0;b", "a"],
  ["a device control string", "a\u001bPq#0\u001b\\b", "ab"],
  ["a lone escape", "a\u001b", "a"],
  ["NUL, bell and backspace", "a\u0000\u0007\u0008b", "ab"],
  ["a carriage return that overwrites the line", "rm -rf /\rls", "rm -rf /ls"],
  ["line ends of Windows", "a\r\nb", "a\nb"],
  ["reordering marks", "abc\u202Efed", "abc\u{FFFD}fed"],
  ["half of a surrogate pair", "a\uD800b", "a\u{FFFD}b"],
])("%s don't reach the terminal", (_, given, expected) => {
  expect(safeText(given)).toBe(expected);
});

test("tabs, line ends and letters of any script stay", () => {
  expect(safeText("a\tb\nÅ 日本 🚀")).toBe("a\tb\nÅ 日本 🚀");
});

test("text for one line holds none of any kind", () => {
  expect(safeLine(" a\n b\u2028c\td ")).toBe("a b c d");
});

test("whatever a text holds, no control character is left and doing it again changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const safe = safeText(text);
      expect(safe).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      expect(safeText(safe)).toBe(safe);
    }),
  );
});

test("JSON keeps its value and holds no control character", () => {
  const value = { text: "\u001b[31m\u009b2J\u007f\u202E\u2028\u0000 é" };
  const text = safeJson(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
});
