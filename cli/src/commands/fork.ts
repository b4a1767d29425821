import type { Command } from "commander";
import type { Json } from "@gantry/sdk";
import type { ForkAnswer, ForkRun } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { safeLine } from "../render/safe-text.ts";
import { findRun } from "../run-reference.ts";
import { followNewRun, newRunOptions, type NewRunOptions } from "./new-run.ts";
import { collect, example } from "./options.ts";

interface ForkOptions extends NewRunOptions {
  from: string;
  set?: string[];
  each?: string;
}

/** `gantry fork`: a new run from a step of one that has ended. */
export function forkCommand(program: Command, act: Act): void {
  const fork = program
    .command("fork")
    .argument("<run>", "id, or the beginning of it; it must have ended")
    .description(
      "Start a new run from a step of one that has ended. What stood before the step keeps its outputs and isn't repeated.",
    )
    .requiredOption("--from <step>", "the first step that is carried out anew, with all behind it")
    .option(
      "--set <[step:]path=value>",
      "edit an input, as replicas=3 or deploy:image.tag=v2; the value is JSON, or else text; may be repeated",
      collect,
    )
    .option("--each <json>", "other items, where the step is a loop");
  newRunOptions(fork);
  example(
    fork,
    "gantry fork 0198c2f4 --from apply --set replicas=3",
    "gantry fork 0198c2f4 --from apply --set check:url=https://example.org/health --dry-run",
  );
  act<ForkOptions>(fork, forkRun);
}

async function forkRun(
  context: Context,
  { parameters: [reference = ""], options }: { parameters: readonly string[]; options: ForkOptions },
): Promise<ExitName> {
  const client = context.client();
  const { from, goal, priority, dryRun = false, each } = options;
  const body: ForkRun = {
    from,
    set: (options.set ?? []).map(readEdit),
    priority,
    dryRun,
    ...(each === undefined ? {} : { each: readEach(each) }),
    ...(goal === undefined ? {} : { goal }),
  };
  const source = await findRun(client, reference);
  const answer = await client.runs.fork(source, body);
  return followNewRun(context, answer, options, () => sayFork(context, source, answer));
}

function sayFork({ terminal }: Context, source: string, { kept, again, standing }: ForkAnswer): void {
  const names = (steps: readonly string[]): string => (steps.length === 0 ? "none" : safeLine(steps.join(", ")));
  terminal.say(`  kept from run ${source}: ${names(kept)}`);
  terminal.say(`  carried out: ${names(again)}`);
  if (standing.length > 0) {
    const text = `  What ${names(standing)} did in run ${source} stays in place, and is done once more on top of it.`;
    terminal.say(terminal.paint("yellow", text));
  }
}

/** `[step:]path=value`; a dot within a key is written `\.`. */
export function readEdit(text: string): NonNullable<ForkRun["set"]>[number] {
  const match = /^(?:([a-z][a-zA-Z0-9_]*):)?([^=]+)=([^]*)$/.exec(text);
  const [, step, path = "", given = ""] = match ?? [];
  if (match === null) throw new UsageError(`--set ${JSON.stringify(text)} isn't of the form path=value.`);
  const keys = path.split(/(?<!\\)\./).map((key) => key.replaceAll("\\.", "."));
  return { ...(step === undefined ? {} : { step }), path: keys, value: readJson(given) ?? given };
}

function readEach(text: string): Json {
  const value = readJson(text);
  if (value === undefined) throw new UsageError(`--each must be a JSON list, like '["web-1", "web-2"]'.`);
  return value;
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
