import type { Command, Option } from "commander";

/**
 * What can be typed, as plain data: loading every command only to complete a word would take longer than people wait for a key.
 * `grammar.json` is this for the whole program; a test compares the two.
 */
export interface Grammar {
  name: string;
  about: string;
  options: GrammarOption[];
  arguments: Slot[];
  commands: Grammar[];
}

/** A place for a value. */
export interface Slot {
  name: string;
  choices?: readonly string[];
  /** Takes all words that follow. */
  variadic?: true;
}

export interface GrammarOption {
  /** `-e`, `--environment`. */
  flags: string[];
  about: string;
  /** Absent: it takes none. */
  value?: Slot & { optional?: true };
}

export function grammarOf(command: Command): Grammar {
  const help = command.createHelp();
  return {
    name: command.name(),
    about: help.subcommandDescription(command),
    options: help.visibleOptions(command).map(optionOf),
    arguments: command.registeredArguments.map((one) => ({
      name: one.name(),
      ...(one.argChoices === undefined ? {} : { choices: one.argChoices }),
      ...(one.variadic ? { variadic: true as const } : {}),
    })),
    commands: help.visibleCommands(command).map(grammarOf),
  };
}

function optionOf(option: Option): GrammarOption {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  const [, name] = /[<[](.+)[>\]]$/.exec(option.flags) ?? [];
  if (name === undefined) return { flags, about: option.description };
  const choices = option.argChoices === undefined ? {} : { choices: option.argChoices };
  return {
    flags,
    about: option.description,
    value: { name, ...choices, ...(option.optional ? { optional: true as const } : {}) },
  };
}
