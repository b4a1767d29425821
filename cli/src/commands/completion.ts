import { readFile } from "node:fs/promises";
import { Argument, type Command } from "commander";
import type { Act } from "../action.ts";
import { example } from "./options.ts";

const shells = ["bash", "zsh", "fish"];

/** `gantry completion`: the script that makes a shell ask for what could come next. */
export function completionCommand(program: Command, act: Act): void {
  const completion = program
    .command("completion")
    .addArgument(new Argument("<shell>", "which one").choices(shells))
    .description("Print the script that completes commands, options and ids in a shell.");
  example(
    completion,
    "source <(gantry completion bash)",
    "source <(gantry completion zsh)",
    "gantry completion fish | source",
  );
  act(completion, async ({ terminal }, { parameters: [shell = ""] }) => {
    const script = await readFile(new URL(`../completion/gantry.${shell}`, import.meta.url), "utf8");
    terminal.data(script.trimEnd());
  });
}
