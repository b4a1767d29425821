import { Option, type Command } from "commander";
import { GoalStatus, type GoalView } from "@gantry/sdk/api";
import { allItems } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import type { ExitName } from "../exit-codes.ts";
import { findGoal } from "../goal-reference.ts";
import { planGoal, plannerFor } from "../plan-goal.ts";
import { settleGoal, understandGoal, type GoalOptions } from "../pursue-goal.ts";
import { showList } from "../print-list.ts";
import { renderGoal, renderUnderstanding } from "../render/goal.ts";
import type { Layout } from "../render/layout.ts";
import { safeLine } from "../render/safe-text.ts";
import { shortIds } from "../render/short-id.ts";
import type { Column } from "../render/table.ts";
import { relative } from "../render/time.ts";
import type { Paint } from "../terminal.ts";
import { watchRun } from "../watch-run.ts";
import {
  collect,
  environmentOption,
  example,
  projectOption,
  readWhole,
  reasonOption,
  timeoutOption,
  watchOption,
} from "./options.ts";

interface ListOptions {
  status?: GoalStatus;
  limit: number;
  watch?: boolean;
}

/** `gantry goal`: says in words what is wanted. `gantry goals`: what was wanted, and whether it is so. */
export function goalsCommands(program: Command, act: Act): void {
  const goal = program
    .command("goal")
    .argument("<sentence>", "what is wanted, in words")
    .description(
      "Say in words what is wanted. Asks for what is missing; without a terminal it prints that and exits with 2.",
    )
    .addOption(environmentOption())
    .addOption(projectOption())
    .option("--explain", "only show what is understood; nothing runs")
    .option("--runbook <name>", "this runbook, instead of the one that fits best")
    .addOption(
      new Option(
        "--with <what>",
        "who plans it: runbooks alone, or a model. Without: a model where one is connected and no runbook does it",
      ).choices(["runbooks", "model"]),
    )
    .option("-p, --parameter <name=value>", "one parameter; wins over the sentence; may be repeated", collect)
    .option("-y, --yes", "don't ask whether it was understood rightly")
    .option("-d, --detach", "submit, print the run's id, and return")
    .addOption(
      new Option("--wait-for <what>", "how long to follow: until approval is needed, or until the end")
        .choices(["approval", "end"])
        .default("approval"),
    )
    .addOption(timeoutOption());
  example(
    goal,
    'gantry goal "roll back checkout in staging" --explain',
    'gantry goal "move greeter to port 8090 without losing a request" --with model -e dev',
    'gantry goal "stop greeter in dev and check that https://greeter.example.com answers 503"',
  );
  act<GoalOptions>(goal, pursue);

  const goals = program.command("goals").description("What was wanted, and whether it is so.");
  const list = goals
    .command("list")
    .description("Goals, newest first.")
    .addOption(new Option("--status <status>", "only goals of this status").choices(GoalStatus.options))
    .addOption(projectOption())
    .addOption(environmentOption())
    .addOption(new Option("--limit <count>", "how many").default(50).argParser(readWhole(1, 100_000)));
  act<ListOptions>(list.addOption(watchOption()), listGoals);
  act(
    goals.command("show").argument("<goal>", "id, or the beginning of it").description("One goal with its runs."),
    showGoal,
  );
  const abandon = goals
    .command("abandon")
    .argument("<goal>", "id, or the beginning of it")
    .description("Give a goal up; its runs stay as they are.")
    .addOption(reasonOption().makeOptionMandatory());
  act<{ reason: string }>(abandon, async (context, { parameters: [reference = ""], options }) => {
    const client = context.client();
    const view = await client.goals.abandon(await findGoal(client, reference), options.reason);
    if (context.json) context.terminal.json(view);
    else context.terminal.say(`Abandoned: ${safeLine(view.text)}`);
  });
}

type Given<Options> = { parameters: readonly string[]; options: Options };

async function pursue(context: Context, { parameters: [text = ""], options }: Given<GoalOptions>): Promise<ExitName> {
  const { terminal } = context;
  const client = context.client();
  const { wish, understanding } = await understandGoal(context, text, options);
  const explain = options.explain === true;
  const planner = plannerFor(understanding, options);
  // Asking a model costs: who only wants to know how a sentence is read says so.
  const planning = { explain, lines: !explain && options.detach !== true, timeoutMs: options.timeout };
  const planned =
    planner === null || (explain && options.with !== "model")
      ? null
      : await planGoal(context, wish, { ...planning, planner, sure: options.yes === true });
  if (typeof planned === "string") return planned;
  if (explain) {
    if (context.json) terminal.json(understanding);
    else terminal.data(renderUnderstanding(understanding, layoutOf(context, terminal.paintData)).join("\n"));
    return "ok";
  }
  const settled = planned ?? (await settleGoal(context, { wish, understanding, sure: options.yes === true }));
  const { goal, run } = await client.goals.create(settled);
  if (goal === null || run === null) throw new TypeError("The server answered a goal without a run.");
  terminal.say(terminal.paint("bold", safeLine(goal.text)));
  terminal.say(terminal.paint("dim", `goal ${goal.id}, run ${run.id} on ${run.environment}`));
  if (options.detach === true) {
    if (context.json) terminal.json({ goal, run });
    else terminal.data(run.id);
    return "ok";
  }
  if (!context.json && !terminal.dataIsTerminal) terminal.data(run.id);
  return watchRun(context, { run: run.id, wait: options.waitFor === "end", timeoutMs: options.timeout });
}

function layoutOf({ terminal }: Context, paint: Paint): Layout {
  return { paint, width: terminal.columns() };
}

async function listGoals(context: Context, { options }: Given<ListOptions>): Promise<ExitName> {
  const client = context.client();
  const { project, environment } = context.config;
  const filter = {
    status: options.status,
    project: project.origin === "--project" ? project.value : undefined,
    environment: environment?.origin === "--environment" ? environment.value : undefined,
  };
  const limit = Math.min(200, options.limit);
  const load = async (signal?: AbortSignal): Promise<GoalView[]> => {
    const found: GoalView[] = [];
    const page = (cursor: string | undefined) => client.goals.list({ ...filter, limit, cursor }, signal && { signal });
    for await (const goal of allItems(page)) if (found.push(goal) >= options.limit) break;
    return found;
  };
  const list = {
    name: "goals",
    load,
    idOf: ({ id }: GoalView) => id,
    columns: (goals: readonly GoalView[]) => columnsOf(context, goals),
    whenEmpty: 'No goals. Say one:  gantry goal "…"',
  };
  return showList(context, list, options);
}

function columnsOf({ now }: Context, goals: readonly GoalView[]): Column<GoalView>[] {
  const short = shortIds(goals.map(({ id }) => id));
  return [
    { title: "GOAL", text: ({ id }) => id, short: ({ id }) => short(id) },
    { title: "STATUS", text: ({ status }) => status },
    { title: "ENVIRONMENT", text: ({ environment }) => environment, give: 2 },
    { title: "RUNBOOK", text: ({ runbook }) => runbook, give: 3 },
    {
      title: "CREATED",
      text: ({ createdAt }) => createdAt,
      short: ({ createdAt }) => relative(createdAt, now()),
      give: 1,
    },
    { title: "TEXT", text: ({ text }) => text, give: 4 },
  ];
}

async function showGoal(context: Context, { parameters: [reference = ""] }: Given<object>): Promise<void> {
  const { terminal } = context;
  const goal = await context.client().goals.get(await findGoal(context.client(), reference));
  if (context.json) terminal.json(goal);
  else terminal.data(renderGoal(goal, layoutOf(context, terminal.paintData)).join("\n"));
}
