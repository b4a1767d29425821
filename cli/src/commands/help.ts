import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { Act } from "../action.ts";
import { closest } from "../closest.ts";
import { UsageError } from "../errors.ts";
import { nameOf, renderManual } from "../help/manual.ts";
import { errorPage } from "../error-page.ts";
import { example } from "./options.ts";

/** `gantry help`: everything by topic, a command in full, or what an error means. */
export function helpCommand(program: Command, act: Act): void {
  program.helpCommand(false);
  const help = program
    .command("help")
    .argument("[command...]", "of which command, or the code of an error")
    .description("Everything by topic, a command in full, or what an error means and what to do.");
  example(help, "gantry help", "gantry help runs list", "gantry help change_set_stale");
  act(help, async ({ terminal }, { parameters }) => {
    if (parameters.length === 0) return terminal.data(program.helpInformation().trimEnd());
    const [code = ""] = parameters;
    const page = parameters.length === 1 ? errorPage(code) : undefined;
    const command = find(program, parameters);
    if (command !== undefined) {
      const layout = { paint: terminal.paintData, width: terminal.columns() };
      return terminal.data(renderManual(command, layout).join("\n"));
    }
    if (page !== undefined) return terminal.data((await readFile(page, "utf8")).trimEnd());
    const names = all(program).map((one) => nameOf(one).split(" ").slice(1).join(" "));
    const near = closest(parameters.join(" "), names);
    throw new UsageError(
      `There is no command and no error ${JSON.stringify(parameters.join(" "))}.${near === undefined ? "" : ` Did you mean ${near}?`}`,
      near === undefined ? "gantry help" : `gantry help ${near}`,
    );
  });
}

function find(command: Command, [name, ...rest]: readonly string[]): Command | undefined {
  if (name === undefined) return command;
  const child = command.commands.find((one) => one.name() === name);
  return child === undefined ? undefined : find(child, rest);
}

function all(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...all(child)]);
}
