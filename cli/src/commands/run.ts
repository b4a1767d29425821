import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { JsonObject } from "@gantry/sdk";
import type { CreateRun, PlanView, RunbookCall, RunSummary } from "@gantry/sdk/api";
import { Plan } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { findRunbook } from "../find-runbook.ts";
import { FileUnreadableError, UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { readParameters } from "../parameters.ts";
import { renderPlan } from "../render/plan.ts";
import { safeLine } from "../render/safe-text.ts";
import { findRun } from "../run-reference.ts";
import { Option } from "commander";
import { deprecationText } from "./runbooks.ts";
import { followNewRun, followOptions, priorityOption, type FollowOptions } from "./new-run.ts";
import { collect, environmentOption, example, projectOption } from "./options.ts";

interface CallOptions {
  parameter?: string[];
  parameters?: string;
  goal?: string;
}

interface RunOptions extends CallOptions, FollowOptions {
  plan?: string;
  real?: string;
  dryRun?: boolean;
  priority: number;
}

/** `gantry run` and `gantry plan`: a runbook with its parameters, carried out or only planned. */
export function runCommands(program: Command, act: Act): void {
  const run = callOptions(program.command("run").argument("[runbook]", "what to run; see `gantry runbooks list`"))
    .description("Run a runbook and follow it; stops with exit code 3 where people must approve.")
    .addOption(
      new Option("--plan <file>", "run a plan as `gantry plan --json` gave it").conflicts([
        "parameter",
        "parameters",
        "goal",
      ]),
    )
    .addOption(
      new Option("--real <run>", "carry out what a dry run showed").conflicts([
        "plan",
        "parameter",
        "parameters",
        "goal",
        "dryRun",
      ]),
    )
    .option("--dry-run", "preview every change, make none; exits with 5 where policy would deny it")
    .addOption(priorityOption());
  followOptions(run);
  example(
    run,
    "gantry run release -e staging -p commit=3f2a1c0",
    "gantry run release -e staging --parameters release.json --json",
    "gantry run release -e staging -p commit=3f2a1c0 --dry-run",
  );
  act<RunOptions>(run, runRunbook);

  const plan = callOptions(program.command("plan").argument("<runbook>", "what to plan; see `gantry runbooks list`"));
  plan.description(
    "Show the plan of a runbook, its risk and what policy says. Nothing runs; `gantry run --dry-run` previews the changes too.",
  );
  example(plan, "gantry plan release -e staging -p commit=3f2a1c0");
  act<CallOptions>(plan, showPlan);
}

function callOptions(command: Command): Command {
  return command
    .addOption(environmentOption())
    .addOption(projectOption())
    .option(
      "-p, --parameter <name=value>",
      "one parameter; value @file reads a file, @- stdin; may be repeated",
      collect,
    )
    .option("--parameters <file>", "JSON file with the parameters, - for stdin")
    .option("--goal <text>", "the outcome wanted, in a sentence; the runbook's own otherwise");
}

async function runRunbook(
  context: Context,
  { parameters: [runbook], options }: { parameters: readonly string[]; options: RunOptions },
): Promise<ExitName> {
  const run = await startRun(context, runbook, options);
  return followNewRun(context, run, options);
}

async function startRun(context: Context, runbook: string | undefined, options: RunOptions): Promise<RunSummary> {
  const { runs } = context.client();
  if (options.real === undefined) return runs.create(await requestOf(context, runbook, options));
  if (runbook !== undefined) throw new UsageError("Give a runbook or --real, not both.", "gantry run --help");
  return runs.real(await findRun(context.client(), options.real), { priority: options.priority });
}

async function requestOf(context: Context, runbook: string | undefined, options: RunOptions): Promise<CreateRun> {
  const { priority, dryRun = false } = options;
  if (options.plan !== undefined) {
    if (runbook !== undefined) throw new UsageError("Give a runbook or --plan, not both.", "gantry run --help");
    return { plan: await readPlan(options.plan), project: context.config.project.value, priority, dryRun };
  }
  if (runbook === undefined) throw new UsageError("Which runbook? None was given.", "gantry runbooks list");
  return { ...(await callOf(context, runbook, options)), priority, dryRun };
}

async function showPlan(
  context: Context,
  { parameters: [runbook = ""], options }: { parameters: readonly string[]; options: CallOptions },
): Promise<ExitName> {
  const { terminal } = context;
  const view = await context.client().plans.create(await callOf(context, runbook, options));
  if (context.json) terminal.json(view);
  else terminal.data(renderPlan(view, { paint: terminal.paintData, width: terminal.columns() }).join("\n"));
  return view.decision.result === "deny" ? "denied" : "ok";
}

type Call = RunbookCall & { goal?: string };

async function callOf(context: Context, runbook: string, options: CallOptions): Promise<Call> {
  const environment = context.config.environment?.value;
  if (environment === undefined) {
    throw new UsageError("Which environment? None was given.", `gantry run ${runbook} --environment staging`);
  }
  const view = await findRunbook(context.client(), runbook);
  if (view.deprecated !== null)
    context.terminal.say(`${safeLine(runbook)} is deprecated ${safeLine(deprecationText(view.deprecated))}`);
  const sources = { pairs: options.parameter ?? [], file: options.parameters };
  const parameters: JsonObject = await readParameters(sources, view, context.stdin);
  return {
    runbook,
    parameters,
    environment,
    project: context.config.project.value,
    ...(options.goal === undefined ? {} : { goal: options.goal }),
  };
}

/** @throws {UsageError} for a file that holds no plan */
async function readPlan(file: string): Promise<Plan> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new FileUnreadableError(file, (cause as Error).message, { cause });
  }
  try {
    const value = JSON.parse(text) as Partial<PlanView>;
    return Plan.parse(value.plan ?? value);
  } catch (cause) {
    const why = cause instanceof SyntaxError ? "it isn't JSON" : "it isn't what `gantry plan --json` gives";
    throw new UsageError(`${file} holds no plan: ${why}.`, undefined, { cause });
  }
}
