import { expect, test } from "vitest";
import {
  backgroundOf,
  bold,
  markFound,
  plainStyle,
  readOutput,
  seenText,
  sign,
  styleBehind,
  toneOf,
} from "./output.ts";

const esc = "\u001b";
const shown = (line: string) => readOutput(line).map(({ text, style }) => [text, toneOf(style)]);

test("colours become tones, whatever way a tool names them", () => {
  expect(shown(`${esc}[31mred${esc}[0m plain ${esc}[1;92mgreen`)).toEqual([
    ["red", "bad"],
    [" plain ", "none"],
    ["green", "good"],
  ]);
  for (const red of ["38;5;196", "38;2;250;10;10", "38:2::250:10:10", "38:5:9", "91"])
    expect(shown(`${esc}[${red}mx`)).toEqual([["x", "bad"]]);
  expect(shown(`\u009b34mblue${esc}[39mnot`)).toEqual([
    ["blue", "info"],
    ["not", "none"],
  ]);
  expect(shown(`${esc}[2mdim`)).toEqual([["dim", "muted"]]);
});

test("text can't be hidden: neither in its background's colour nor by asking for it", () => {
  const [black] = readOutput(`${esc}[30;40;8mhidden`);
  expect(black).toEqual({ text: "hidden", style: plainStyle });
  const [red] = readOutput(`${esc}[31;41mred on red`);
  expect(backgroundOf(red?.style ?? 0)).toBe("bad");
  expect(shown(`${esc}]0;a title without an end`)).toEqual([["0;a title without an end", "none"]]);
});

test("every other sequence is left out, and none of them takes text along", () => {
  const sequences = [
    `${esc}[2J`,
    `${esc}[10;10H`,
    `${esc}[?1049h`,
    `${esc}]0;title\u0007`,
    `${esc}]8;;https://example.com/${esc}\\`,
    `${esc}]52;c;aGk=\u0007`,
    `${esc}P1$r0m${esc}\\`,
    `${esc}_apc${esc}\\`,
    `${esc}c`,
    `${esc}(B`,
    "\u009b2K",
    "\u009d0;title\u009c",
  ];
  for (const sequence of sequences) expect([sequence, shown(`a${sequence}b`)]).toEqual([sequence, [["ab", "none"]]]);
});

test("what can't be seen gets a sign", () => {
  expect(shown("a\u202eb\u200bc\u0000d\re\u00adf\u{e0041}g\ud800h\tI").map(([text]) => text)).toEqual([
    "a",
    "⟨U+202E⟩",
    "b",
    "⟨U+200B⟩",
    "c",
    "␀",
    "d",
    "␍",
    "e",
    "⟨U+00AD⟩",
    "f",
    "⟨U+E0041⟩",
    "g",
    "⟨U+D800⟩",
    "h\tI",
  ]);
  expect(readOutput("\u2066").map(({ style }) => style)).toEqual([sign]);
});

test("HTML is text like any other", () => {
  expect(shown("<img src=x onerror=alert(1)>")).toEqual([["<img src=x onerror=alert(1)>", "none"]]);
});

test("a style goes on into the next line until it is ended", () => {
  const behind = styleBehind(`${esc}[1mbold ${esc}[31mand red`, plainStyle);
  expect(behind & bold).toBe(bold);
  expect(toneOf(behind)).toBe("bad");
  expect(readOutput("goes on", behind)).toEqual([{ text: "goes on", style: behind }]);
  expect(styleBehind(`${esc}[m`, behind)).toBe(plainStyle);
});

test("search sees what a reader sees", () => {
  expect(seenText("plain text")).toBe("plain text");
  expect(seenText(`err${esc}[31mor: ${esc}[0mno`)).toBe("error: no");
  expect(seenText("zwölf 🚧")).toBe("zwölf 🚧");
});

test("what search finds is marked, also across colours", () => {
  const found = (line: string, needle: string) =>
    markFound(readOutput(line), needle).map(({ text, found: is }) => (is ? `[${text}]` : text));
  expect(found(`an er${esc}[31mROR and${esc}[0m another error`, "error")).toEqual([
    "an ",
    "[er]",
    "[ROR]",
    " and",
    " another ",
    "[error]",
  ]);
  expect(found("aaaa", "aa")).toEqual(["[aa]", "[aa]"]);
  expect(found("nothing", "x")).toEqual(["nothing"]);
  expect(found("nothing", "")).toEqual(["nothing"]);
});

test("hostile lines take linear time", () => {
  // In quadratic time each would take half a minute.
  for (const piece of [`${esc}]`, `${esc}[`, "\u009d", "\u0090", `${esc}[1;`, `${esc}P`, `${esc} `, `${esc}[38;5;`])
    expect(readOutput(piece.repeat(50_000)).length).toBeLessThan(2);
});
