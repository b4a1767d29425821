import { Option, InvalidArgumentError, type Command } from "commander";
import type { BudgetView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { parseMoney, renderAmount } from "../render/amount.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { findRun } from "../run-reference.ts";
import { example, readDuration, readWhole } from "./options.ts";

interface SetOptions {
  money?: { amount: number; currency: string };
  requests?: number;
  time?: number;
  tokens?: number;
  models?: boolean;
  project?: string;
  agent?: string;
  run?: string;
  eachRun?: boolean;
  per?: "day" | "month";
}

/** `gantry budget`: what runs may use of money, requests and time. */
export function budgetCommands(program: Command, act: Act): void {
  const budget = program.command("budget").description("Budgets of money, requests, time and tokens.");

  const set = budget
    .command("set")
    .argument("<name>")
    .description("Set a budget. All that cover a step must hold: a step that may use more than is left fails.")
    .addOption(new Option("--money <amount>", "such as 500EUR or 12.50USD").argParser(readMoney))
    .addOption(new Option("--requests <count>", "so many requests").argParser(readWhole(0, 1e12)))
    .addOption(new Option("--time <duration>", "so much running time: 90s, 15m, 2h, …").argParser(readDuration))
    .addOption(new Option("--tokens <count>", "so many tokens of models").argParser(readWhole(0, 1e15)))
    .option("--models", "of calls to models, in USD, instead of steps")
    .option("--project <name>", "of this project; of the organization unless told")
    .option("--agent <name>", "of this agent's steps")
    .option("--run <run>", "of this run")
    .option("--each-run", "for each run by itself")
    .addOption(new Option("--per <period>", "forget what was used each day or month (UTC)").choices(["day", "month"]));
  example(
    set,
    "gantry budget set team --money 500EUR --per month",
    "gantry budget set careful --requests 100 --each-run",
    "gantry budget set minds --models --money 50USD --per day",
    "gantry budget set short --models --tokens 200000 --each-run",
  );
  act<SetOptions>(set, async (context, { parameters: [name = ""], options }) => {
    const { project, agent, run, eachRun = false, per, models = false } = options;
    const client = context.client();
    const scope = {
      ...(project === undefined ? {} : { project }),
      ...(agent === undefined ? {} : { agent }),
      ...(run === undefined ? {} : { run: await findRun(client, run) }),
      eachRun,
      covers: models ? ("models" as const) : ("steps" as const),
      period: per ?? ("total" as const),
    };
    const stored = await client.budgets.set(name, { ...amountOf(options), ...scope });
    if (context.json) context.terminal.json(stored);
    else context.terminal.say(`Set ${stored.name}: ${total(stored)} for ${scopeWord(stored)}.`);
  });

  act(budget.command("list").description("Budgets, what is spent and what is set aside."), async (context) => {
    const { items } = await context.client().budgets.list();
    printList(context, items, columns, "No budgets. Set one:  gantry budget set <name> --money 500EUR");
  });

  act(
    budget.command("show").argument("<name>").description("A budget and the attempts that it is set aside for."),
    async (context, { parameters: [name = ""] }) => {
      const { terminal, json } = context;
      const view = await context.client().budgets.get(name);
      if (json) return terminal.json(view);
      terminal.data(`${safeLine(view.name)}: ${total(view)} for ${safeLine(scopeWord(view))}`);
      terminal.data(`  spent      ${renderAmount(view.spent, view)}`);
      terminal.data(`  set aside  ${renderAmount(view.reserved, view)}`);
      terminal.data(`  left       ${renderAmount(leftOf(view), view)}`);
      for (const { run, attempt, amount, since, unknown } of view.reservations) {
        const why = unknown ? ", outcome unknown: settle it" : "";
        terminal.data(
          `  ${renderAmount(amount, view)} for ${view.covers === "models" ? "call" : "attempt"} ${attempt}${run === null ? "" : ` of run ${run}`} since ${absolute(since)}${why}`,
        );
      }
    },
  );

  act(
    budget.command("remove").argument("<name>").description("Remove a budget and what it remembers."),
    async (context, { parameters: [name = ""] }) => {
      await context.client().budgets.remove(name);
      if (context.json) context.terminal.json({ removed: name });
      else context.terminal.say(`Removed ${name}.`);
    },
  );
}

function readMoney(text: string): { amount: number; currency: string } {
  const money = parseMoney(text);
  if (money === undefined) throw new InvalidArgumentError("Write it like 500EUR or 12.50USD.");
  return money;
}

/** @throws {UsageError} unless exactly one measure is given */
function amountOf({ money, requests, time, tokens }: SetOptions) {
  if ([money, requests, time, tokens].filter((one) => one !== undefined).length !== 1)
    throw new UsageError(
      "Give one of --money, --requests, --time and --tokens.",
      "gantry budget set team --money 500EUR",
    );
  if (money !== undefined) return { measure: "money" as const, ...money };
  if (requests !== undefined) return { measure: "requests" as const, amount: requests };
  if (tokens !== undefined) return { measure: "tokens" as const, amount: tokens };
  return { measure: "time" as const, amount: Math.round(time ?? 0) };
}

function total(view: BudgetView): string {
  const counted = view.measure === "requests" || view.measure === "tokens";
  const unit = counted ? ` ${view.amount === 1 ? view.measure.slice(0, -1) : view.measure}` : "";
  return `${renderAmount(view.amount, view)}${unit}${view.period === "total" ? "" : ` per ${view.period}`}`;
}

function leftOf({ amount, spent, reserved }: BudgetView): number {
  return Math.max(0, amount - spent - reserved);
}

function scopeWord({ project, agent, run, eachRun, covers }: BudgetView): string {
  const of = [
    ...(covers === "models" ? ["calls to models"] : []),
    ...(run === null ? [] : [`run ${run}`]),
    ...(eachRun ? ["each run"] : []),
    ...(agent === null ? [] : [`agent ${agent}`]),
    ...(project === null ? [] : [`project ${project}`]),
  ];
  return of.length === 0 ? "the organization" : of.join(" of ");
}

const columns: Column<BudgetView>[] = [
  { title: "BUDGET", text: ({ name }) => name },
  { title: "OF", text: scopeWord, give: 3 },
  { title: "LIMIT", text: total },
  { title: "SPENT", text: (view) => renderAmount(view.spent, view) },
  { title: "SET ASIDE", text: (view) => renderAmount(view.reserved, view), give: 2 },
  { title: "LEFT", text: (view) => renderAmount(leftOf(view), view), give: 1 },
  { title: "WAITING", text: ({ waiting }) => String(waiting), give: 4 },
];
