import type { Command } from "commander";
import type { Json } from "@gantry/sdk";
import type { CommandAnswer } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { ExitName, Wanted } from "../exit-codes.ts";
import { statusWord } from "../render/words.ts";
import { findRun } from "../run-reference.ts";
import { watchRun } from "../watch-run.ts";
import { rerun, type RerunOptions } from "./rerun.ts";
import { collect, example, reasonOption, timeoutOption, waitOption } from "./options.ts";

interface SteerOptions {
  reason?: string;
  wait?: boolean;
  timeout?: number;
}

/** Commands that steer a run: they return when the run's owner has taken them, and follow the run with `--wait`. */
export function steerCommands(program: Command, act: Act): void {
  const steer = (name: string, description: string): Command =>
    program.command(name).argument("<run>", "id, or the beginning of it").description(description);

  act<SteerOptions>(
    steer("pause", "Start no further step of a run; a running one is finished.").addOption(reasonOption()),
    (context, given) =>
      send(context, given, (client, run) => client.runs.pause(run, { reason: given.options.reason ?? null })),
  );

  act<SteerOptions>(follow(steer("resume", "Go on with a paused run.")), (context, given) =>
    send(context, given, (client, run) => client.runs.resume(run, {})),
  );

  act<SteerOptions & { undo?: boolean }>(
    follow(
      steer("cancel", "Stop a run. What it did stays in place, unless --undo.")
        .option("--undo", "undo what the run did")
        .addOption(reasonOption()),
    ),
    (context, given) => {
      const { undo = false, reason = null } = given.options;
      return send(context, given, (client, run) => client.runs.cancel(run, { undo, reason }), {
        wanted: undo ? "undone" : "canceled",
      });
    },
  );

  const retry = steer(
    "retry",
    "Try the failed steps of a run again, and those behind them. With other parameters: a new run of a new plan.",
  )
    .option("-p, --parameter <name=value>", "a parameter that is to differ; may be repeated", collect)
    .option("--parameters <file>", "JSON file with the parameters that are to differ, - for stdin")
    .option("--dry-run", "with other parameters: preview every change, make none")
    .option("-d, --detach", "with other parameters: print the new run's id, and return");
  example(retry, "gantry retry 0198c2f4 --wait", "gantry retry 0198c2f4 -p replicas=3");
  act<SteerOptions & RerunOptions>(follow(retry), (context, given) => {
    const { parameter, parameters, dryRun } = given.options;
    if (parameter !== undefined || parameters !== undefined)
      return rerun(context, given.parameters[0] ?? "", given.options);
    if (dryRun === true)
      throw new UsageError("A retry of the same can't be a dry run: it goes on with the run that failed.");
    return send(context, given, (client, run) => client.runs.retry(run, {}));
  });

  act<SteerOptions & { reason: string; detach?: boolean }>(
    follow(
      steer("undo", "Undo what a run did, newest first. Stops with exit code 3 where people must approve that.")
        .requiredOption("-r, --reason <text>", "why; kept in the history")
        .option("-d, --detach", "return at once"),
    ),
    (context, given) =>
      send(context, given, (client, run) => client.runs.undo(run, { reason: given.options.reason }), {
        wanted: "undone",
        follows: given.options.detach !== true,
      }),
  );

  const signal = steer("signal", "Send a signal that a step of a run waits for.")
    .argument("<name>", "of the signal")
    .option("--payload <json>", "what the step gets as its output");
  act<SteerOptions & { payload?: string }>(follow(signal), (context, given) => {
    const name = given.parameters[1] ?? "";
    const payload = readJson(given.options.payload, "--payload");
    return send(context, given, (client, run) => client.runs.signal(run, { name, payload }));
  });

  const settle = steer("settle", "Say what became of a step whose outcome nobody could find out. Look first.")
    .argument("<step>", "key of the step, as `gantry runs show` has it")
    .argument("<outcome>", "done or not_done")
    .option("--output <json>", "what the step would have given");
  example(
    settle,
    "gantry settle 0198c2f4-6a1b migrate not_done",
    `gantry settle 0198c2f4-6a1b push done --output '{"tag":"v3"}'`,
  );
  act<SteerOptions & { output?: string }>(follow(settle), (context, given) => {
    const [, step = "", outcome = ""] = given.parameters;
    if (outcome !== "done" && outcome !== "not_done") {
      throw new UsageError(`The outcome is done or not_done, not ${JSON.stringify(outcome)}.`);
    }
    const output = readJson(given.options.output, "--output");
    return send(context, given, (client, run) => client.runs.settle(run, { step, outcome, output }));
  });
}

function follow(command: Command): Command {
  return command.addOption(waitOption()).addOption(timeoutOption());
}

async function send(
  context: Context,
  { parameters: [reference = ""], options }: { parameters: readonly string[]; options: SteerOptions },
  command: (client: Client, run: string) => Promise<CommandAnswer>,
  { wanted = "succeeded", follows = false }: { wanted?: Wanted; follows?: boolean } = {},
): Promise<ExitName> {
  const { terminal } = context;
  const client = context.client();
  const before = await client.runs.get(await findRun(client, reference));
  const answer = await command(client, before.id);
  const wait = options.wait === true;
  if (wait || follows) {
    const [run, behind, unanswered] = [before.id, before.seq, answer.status === "accepted"];
    return watchRun(context, { run, wait, wanted, timeoutMs: options.timeout, behind, unanswered });
  }
  const after = await client.runs.get(before.id);
  if (context.json) terminal.json({ ...answer, run: after });
  else if (answer.status === "accepted") terminal.say("Stored; it takes effect when a worker takes the run.");
  else terminal.say(`Done. Run is ${statusWord(after.status)}.`);
  if (!context.json) terminal.say(`  watch:  gantry runs watch ${before.id}`);
  return "ok";
}

/** @throws {UsageError} */
function readJson(text: string | undefined, option: string): Json {
  if (text === undefined) return null;
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new UsageError(
      `${option} must be JSON, like '{"a": 1}' or '"text"': ${(cause as Error).message}`,
      undefined,
      { cause },
    );
  }
}
