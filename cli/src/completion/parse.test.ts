import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Grammar } from "./grammar.ts";
import { parse } from "./parse.ts";
import { sourceOf, sources } from "./sources.ts";
import { splitLine } from "./split-line.ts";

const grammar = JSON.parse(readFileSync(new URL("grammar.json", import.meta.url), "utf8")) as Grammar;
const place = (line: string) => parse(grammar, splitLine(line).slice(1));
const values = (line: string) => place(line).candidates.map(({ value }) => value);

test("commands come after the program and after a group", () => {
  expect(values("gantry ")).toEqual(expect.arrayContaining(["run", "runs", "approve", "doctor", "completion"]));
  expect(values("gantry runs ")).toEqual(expect.arrayContaining(["list", "show", "logs"]));
  expect(values("gantry --json --url http://host runs ")).toContain("list");
});

test("a dash asks for options, the program's included", () => {
  expect(values("gantry runs list -")).toEqual(expect.arrayContaining(["--status", "--limit", "--json", "--no-color"]));
  expect(values("gantry runs list -")).not.toContain("--undo");
});

test.each(["gantry runs list --status ", "gantry runs list --status wai", "gantry runs list --json --status=wai"])(
  "in %j the option's values are known",
  (line) => expect(values(line)).toContain("waiting_for_approval"),
);

test("what is written as one word with its option keeps it", () => {
  expect(place("gantry runs list --status=wai")).toMatchObject({ word: "--status=wai", lead: "--status=" });
});

test.each([
  ["gantry runs show ", "run"],
  ["gantry settle 0198 ", "step"],
  ["gantry settle 0198 build ", "outcome"],
  ["gantry run release -e ", "--environment"],
  ["gantry run --goal 'two words' -p a=b ", "runbook"],
  ["gantry run release -p ", "--parameter"],
  ["gantry runs list --dry-run --runbook ", "--runbook"],
  ["gantry runs show -- ", "run"],
  ["gantry runbook lint one.yaml two.yaml ", "file"],
])("in %j the place is %s", (line, key) => {
  expect(place(line).slot?.key).toBe(key);
});

test("an option that was answered gives its value to whoever asks the server", () => {
  const { options, arguments: given } = place("gantry settle --url=http://host 0198c2f4 -r 'a b' ");
  expect({ options, given }).toMatchObject({ options: { "--url": "http://host" }, given: ["0198c2f4", "-r", "a b"] });
});

test("after the last argument come options", () => {
  expect(values("gantry runs show 0198c2f4 ")).toContain("--diff");
  expect(values("gantry runs show -- 0198c2f4 ")).toEqual([]);
});

test("every place that the server is asked about exists", () => {
  const places = (at: Grammar, path: readonly string[]): string[] => {
    const keys = [...at.arguments.map(({ name }) => name), ...at.options.map(({ flags }) => flags.at(-1) ?? "")];
    return [
      ...keys.flatMap((key) => [key, [...path, key].join(" ")]),
      ...at.commands.flatMap((child) => places(child, [...path, child.name])),
    ];
  };
  const all = new Set(places(grammar, []));
  expect(Object.keys(sources).filter((key) => !all.has(key))).toEqual([]);
  const slot = { key: "run", placeholder: "run" };
  expect(sourceOf({ path: ["approve"], slot })).not.toBe(sourceOf({ path: ["pause"], slot }));
});

test.each([
  ["gantry run ", ["gantry", "run", ""]],
  [`gantry run "two words" 'it''s' a\\ b`, ["gantry", "run", "two words", "its", "a b"]],
  [`gantry --goal "unclosed te`, ["gantry", "--goal", "unclosed te"]],
  [`gantry "a \\"b\\" c" x\\`, ["gantry", `a "b" c`, "x"]],
  [`gantry '' --status=a:b`, ["gantry", "", "--status=a:b"]],
])("the words of %j are %j", (line, words) => {
  expect(splitLine(line)).toEqual(words);
});
