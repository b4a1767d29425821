import type { Command } from "commander";
import { expect, test } from "vitest";
import { examplesOf } from "../commands/options.ts";
import { splitLine } from "../completion/split-line.ts";
import { createProgram } from "../program.ts";
import { nameOf, renderManual } from "./manual.ts";

const createSilent = () => createProgram({ run: async () => undefined });
const program = createSilent();
const leaves = (command: Command): Command[] =>
  command.commands.flatMap((child) => (child.commands.length > 0 ? leaves(child) : [child]));
const plain = { paint: (_: unknown, text: string) => text, width: 60 };

const examples = leaves(program).flatMap((command) =>
  examplesOf(command).map((line): [string, string] => [nameOf(command), line]),
);

test.each(examples)("an example of `%s` is understood: %s", async (name, line) => {
  for (const command of commandsIn(line)) {
    const words = splitLine(command);
    expect(words.slice(0, name.split(" ").length)).toEqual(name.split(" "));
    await expect(createSilent().parseAsync(words.slice(1), { from: "user" })).resolves.toBeDefined();
  }
});

test("every command has an example and a topic", () => {
  expect(
    leaves(program)
      .filter((command) => examplesOf(command).length === 0)
      .map(nameOf),
  ).toEqual([]);
  expect(program.commands.filter((command) => command.helpGroup() === "").map(nameOf)).toEqual([]);
});

test("the page of a command says how it is called, what it ends with, and what it reads", () => {
  const list = leaves(program).find((command) => nameOf(command) === "gantry runs list") as Command;
  const page = renderManual(list, plain).join("\n");
  for (const part of [
    "SYNOPSIS\n  gantry runs list [options]",
    "--status <status...>\n      only runs of these statuses. One of queued, preparing,",
    "EXIT CODES",
  ])
    expect(page).toContain(part);
  expect(page).toMatch(/130 {2}Ctrl-C/);
  expect(page).toMatch(/GANTRY_PROJECT\n/);
  expect(page).toContain("$ gantry runs list --json | jq -r '.[].id'");
  // Examples are whole, so that they can be copied.
  expect(page.split("\n").filter((line) => line.length > 60 && !line.startsWith("  $"))).toEqual([]);
});

/** The calls of gantry in a line of a shell, without redirections and what other programs do. */
function commandsIn(line: string): string[] {
  const inner = /<\((gantry [^)]*)\)/.exec(line)?.[1];
  if (inner !== undefined) return [inner];
  return line
    .replaceAll("\\\n", " ")
    .split(/ \| (?=[a-z])/)
    .map((part) =>
      part
        .trim()
        .replace(/ [<>] .*$/, "")
        .replaceAll("…", "0"),
    )
    .filter((part) => part.startsWith("gantry "));
}
