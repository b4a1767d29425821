import { InvalidArgumentError, Option, type Command } from "commander";
import { parseDuration } from "../render/time.ts";

/** Options that several commands share, so that they are called the same everywhere. */

export const projectOption = (): Option =>
  new Option("--project <name>", "project (default: GANTRY_PROJECT, .gantry.json, the context, or default)");
export const environmentOption = (): Option =>
  new Option("-e, --environment <name>", "environment (default: GANTRY_ENVIRONMENT, .gantry.json, or the context)");
export const reasonOption = (): Option => new Option("-r, --reason <text>", "why; kept in the history");

export const timeoutOption = (): Option =>
  new Option("--timeout <duration>", "stop following after 90s, 15m, 2h, …; the run goes on").argParser(readDuration);

/** `--wait` on commands that otherwise return at once. */
export const waitOption = (): Option => new Option("--wait", "follow the run until it has ended");

export const watchOption = (): Option =>
  new Option("-w, --watch", "show it again whenever it changes, until Ctrl-C; with --json a JSON value per line");

/** For `-p a=1 -p b=2`. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

export function readDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError("Write it like 90s, 15m, 2h or 1d.");
  return ms;
}

export function readWhole(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

/** A moment as the API takes it. */
export function readTime(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError("Write it like 2026-01-31T12:00:00Z.");
  return time.toISOString();
}

const examples = new WeakMap<Command, readonly string[]>();

/** Lines of the help with examples: the fastest way to learn a command. Each is tested. */
export function example(command: Command, ...lines: readonly string[]): Command {
  examples.set(command, lines);
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
}

export function examplesOf(command: Command): readonly string[] {
  return examples.get(command) ?? [];
}
