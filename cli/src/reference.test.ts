import { expect, test } from "vitest";
import { grammarOf } from "./completion/grammar.ts";
import { createProgram } from "./program.ts";
import { renderReference } from "./reference.ts";

const program = createProgram({ run: async () => undefined });

test("the reference page is what the program defines", async () => {
  await expect(renderReference(program)).toMatchFileSnapshot("../../docs/reference/cli.md");
});

test("what shells complete is what the program defines", async () => {
  await expect(`${JSON.stringify(grammarOf(program), null, 1)}\n`).toMatchFileSnapshot("completion/grammar.json");
});

test("every command says what it does", () => {
  const silent = (function collect(command: typeof program): string[] {
    return [...(command.description() === "" ? [command.name()] : []), ...command.commands.flatMap(collect)];
  })(program);
  expect(silent).toEqual([]);
});
