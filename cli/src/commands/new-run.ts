import { Option, type Command } from "commander";
import type { RunSummary } from "@gantry/sdk/api";
import type { Context } from "../context.ts";
import type { ExitName } from "../exit-codes.ts";
import { safeLine } from "../render/safe-text.ts";
import { watchRun } from "../watch-run.ts";
import { readWhole, timeoutOption } from "./options.ts";

/** What all commands that start a run have in common. */
export interface NewRunOptions extends FollowOptions {
  goal?: string;
  dryRun?: boolean;
  priority: number;
}

export interface FollowOptions {
  detach?: boolean;
  wait?: boolean;
  waitFor: "approval" | "end";
  timeout?: number;
}

/** Options of commands that make a run from another one. */
export function newRunOptions(command: Command): Command {
  command
    .option("--goal <text>", "the outcome wanted, in a sentence; that of the other run otherwise")
    .option("--dry-run", "preview every change, make none");
  return followOptions(command.addOption(priorityOption()));
}

export const priorityOption = (): Option =>
  new Option("--priority <number>", "from -10 to 10").default(0).argParser(readWhole(-10, 10));

export function followOptions(command: Command): Command {
  return command
    .option("-d, --detach", "submit, print the run's id, and return")
    .addOption(
      new Option("--wait-for <what>", "how long to follow: until approval is needed, or until the end")
        .choices(["approval", "end"])
        .default("approval"),
    )
    .option("--wait", "the same as --wait-for end")
    .addOption(timeoutOption());
}

/** Says what was started, and follows it as far as was asked for. */
export async function followNewRun<Run extends RunSummary>(
  context: Context,
  run: Run,
  options: FollowOptions,
  sayMore: () => void = () => undefined,
): Promise<ExitName> {
  const { terminal, config } = context;
  terminal.say(`${terminal.paint("bold", safeLine(run.goal))}`);
  const what = run.dryRun ? "dry run" : "run";
  terminal.say(terminal.paint("dim", `${what} ${run.id} on ${run.environment}, at ${config.url.value}`));
  sayMore();
  if (options.detach === true) {
    if (context.json) terminal.json(run);
    else terminal.data(run.id);
    return "ok";
  }
  // For `run=$(gantry run …)`, also when the run then waits or fails; a person reads it on stderr.
  if (!context.json && !terminal.dataIsTerminal) terminal.data(run.id);
  return watchRun(context, {
    run: run.id,
    wait: options.wait === true || options.waitFor === "end",
    timeoutMs: options.timeout,
  });
}
