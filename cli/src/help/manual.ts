/**
 * The pages of `gantry help <command>`, made of what the program itself defines: its options, the examples beside them, and
 * the tables of exit codes and variables. Imports the commands' data only.
 */
import type { Argument, Command, Option } from "commander";
import { variables } from "../config.ts";
import { examplesOf } from "../commands/options.ts";
import { exitCodes, type ExitName } from "../exit-codes.ts";
import { hanging } from "../render/text.ts";
import { renderPairs, type Layout } from "../render/layout.ts";

/** A command as a page. */
export function renderManual(command: Command, layout: Layout): string[] {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ["", layout.paint("bold", title), ...lines];
  const pairs = (of: readonly (readonly [string, string])[]): string[] =>
    of.flatMap(([term, text]) => [`  ${layout.paint("cyan", term)}`, ...hanging("      ", text, layout.width)]);
  const inherited = parents(command).flatMap(({ options }) => options);
  return [
    layout.paint("bold", "NAME"),
    ...hanging("  ", `${nameOf(command)}: ${command.description()}`, layout.width),
    ...section("SYNOPSIS", hanging("  ", synopsisOf(command), layout.width)),
    ...section(
      "COMMANDS",
      renderPairs(
        command.commands.map((child) => [child.name(), child.description()] as const),
        layout,
      ),
    ),
    ...section(
      "ARGUMENTS",
      pairs(command.registeredArguments.map((one) => [one.name(), describeArgument(one)] as const)),
    ),
    ...section("OPTIONS", pairs(command.options.map((one) => [one.flags, describeOption(one)] as const))),
    ...section("OPTIONS OF EVERY COMMAND", pairs(inherited.map((one) => [one.flags, describeOption(one)] as const))),
    ...section(
      "EXAMPLES",
      examplesOf(command).map((line) => `  $ ${line}`),
    ),
    ...(command.commands.length > 0
      ? []
      : [
          ...section(
            "EXIT CODES",
            renderPairs(
              exitsOf(command).map((name) => [String(exitCodes[name].code), exitCodes[name].meaning] as const),
              layout,
            ),
          ),
          ...section("ENVIRONMENT", pairs(variablesOf(command))),
        ]),
    ...section("SEE ALSO", hanging("  ", relatives(command).join(", "), layout.width)),
  ];
}

export function nameOf(command: Command): string {
  return [...parents(command).toReversed(), command].map((one) => one.name()).join(" ");
}

export function synopsisOf(command: Command): string {
  const values = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? "..." : ""}`;
    return one.required ? `<${name}>` : `[${name}]`;
  });
  const rest = command.commands.length > 0 ? ["<command>"] : command.options.length > 0 ? ["[options]"] : [];
  return [nameOf(command), ...values, ...rest].join(" ");
}

export function describeOption(option: Option): string {
  const choices = option.argChoices === undefined ? "" : ` One of ${option.argChoices.join(", ")}.`;
  const value: unknown = option.defaultValue;
  // Not that of `--no-color`, which is true and says nothing to a reader.
  const fallback = typeof value === "string" || typeof value === "number" ? ` Default: ${value}.` : "";
  const required = option.mandatory ? " Required." : "";
  return sentence(option.description) + choices + fallback + required;
}

/** What it may end with, by what its options let it do. */
export function exitsOf(command: Command): ExitName[] {
  const has = (flag: string): boolean => command.options.some(({ long }) => long === flag);
  const always: ExitName[] = ["ok", "failed", "usage", "auth"];
  const never: ExitName[] = ["brokenPipe"];
  if (has("--timeout") || has("--wait-for"))
    return (Object.keys(exitCodes) as ExitName[]).filter((name) => !never.includes(name)).concat(never);
  const denied: ExitName[] = command.name() === "plan" ? ["denied"] : [];
  const interrupted: ExitName[] = has("--watch") || has("--follow") || command.name() === "up" ? ["interrupted"] : [];
  return [...always, ...denied, ...interrupted, ...never];
}

function describeArgument(argument: Argument): string {
  const choices = argument.argChoices === undefined ? "" : ` One of ${argument.argChoices.join(", ")}.`;
  return `${argument.description === "" ? "" : sentence(argument.description)}${choices}`.trim() || "The name of it.";
}

function sentence(text: string): string {
  return /[.…]$/.test(text) ? text : `${text}.`;
}

/** Those that have a say in it. */
function variablesOf(command: Command): (readonly [string, string])[] {
  const unless: Readonly<Record<string, string>> = { GANTRY_PROJECT: "--project", GANTRY_ENVIRONMENT: "--environment" };
  return Object.entries(variables).filter(([name]) => {
    const option = unless[name];
    return option === undefined || command.options.some(({ long }) => long === option);
  });
}

function relatives(command: Command): string[] {
  const { parent } = command;
  if (parent === null) return [];
  const siblings = parent.parent === null ? [] : parent.commands.filter((one) => one !== command).map(nameOf);
  return siblings.length > 0 ? siblings : ["gantry help"];
}

function parents(command: Command): Command[] {
  return command.parent === null ? [] : [command.parent, ...parents(command.parent)];
}
