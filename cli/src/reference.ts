import type { Command, Option } from "commander";
import { examplesOf } from "./commands/options.ts";
import { variables } from "./config.ts";
import { exitCodes } from "./exit-codes.ts";
import { exitsOf, nameOf, synopsisOf } from "./help/manual.ts";

/** `docs/reference/cli.md`: every command with its options, as the program defines them. A test compares the two. */
export function renderReference(program: Command): string {
  return [
    "# Command line",
    "",
    `${program.description()} What was asked for goes to stdout, everything else to stderr.`,
    "",
    "- [Exit codes](exit-codes.md)",
    "- Run ids may be given by their beginning, as long as it fits only one.",
    "- `--json` gives one JSON document. `gantry runs watch` and `gantry runs logs` give a JSON value per line; the first says",
    '  `{"type":"gantry.stream","version":1,…}`, and the last one of `watch` is `{"type":"gantry.end",…}`. So do lists with `--watch`.',
    "- In a pipe, lists are lines with tabs between values and nothing is cut.",
    "- Nothing is asked without a terminal.",
    "",
    "## Options of every command",
    "",
    ...program.options.map(renderOption),
    "",
    "## Variables and files",
    "",
    "A flag wins over a variable, a variable over the project's file, that over the context in use, that over what a server on",
    "this machine left in its data directory. A context that a flag or a variable names ranks there. A key is used only for the",
    "server that it was given with.",
    "",
    ...Object.entries(variables).map(([name, meaning]) => `- \`${name}\`: ${meaning}`),
    "- `.gantry.json`, in the working directory or above: `project` and `environment`. It can't name a server, a context or a key.",
    "- `~/.config/gantry/config.json` (below `$XDG_CONFIG_HOME`): contexts; `gantry context` and `gantry config set` write it.",
    "",
    ...leaves(program).flatMap(renderCommand),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

/** Commands that do something, in the order in which help lists them. */
function leaves(command: Command): Command[] {
  return command.commands.flatMap((child) => (child.commands.length > 0 ? leaves(child) : [child]));
}

function renderCommand(command: Command): string[] {
  const described = command.registeredArguments.filter(({ description }) => description !== "");
  const examples = examplesOf(command);
  return [
    `## \`${nameOf(command)}\``,
    "",
    command.description(),
    "",
    "```",
    synopsisOf(command),
    "```",
    "",
    ...described.map((one) => `- \`${one.name()}\`: ${one.description}`),
    ...command.options.map(renderOption),
    ...(described.length + command.options.length > 0 ? [""] : []),
    ...(examples.length > 0 ? ["```sh", ...examples, "```", ""] : []),
    `Exits with ${exitsOf(command)
      .map((name) => exitCodes[name].code)
      .join(", ")}.`,
    "",
  ];
}

function renderOption(option: Option): string {
  const choices =
    option.argChoices === undefined ? "" : ` One of ${option.argChoices.map((one) => `\`${one}\``).join(", ")}.`;
  const value: unknown = option.defaultValue;
  // Not that of `--no-color`, which is true and says nothing to a reader.
  const fallback = typeof value === "string" || typeof value === "number" ? ` Default: \`${value}\`.` : "";
  const required = option.mandatory ? " Required." : "";
  return `- \`${option.flags}\`: ${option.description}.${choices}${fallback}${required}`.replace(/\.\.( |$)/, ".$1");
}
