import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import type { BulkActionView, BulkCommand, BulkItem, RunSummary } from "@gantry/sdk/api";
import { allItems } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import { readBulkFilter } from "../bulk-filter.ts";
import type { Context } from "../context.ts";
import { DeclinedError, UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { followBulk } from "../follow-bulk.ts";
import { printList } from "../print-list.ts";
import { ask } from "../prompt.ts";
import { safeLine } from "../render/safe-text.ts";
import { shortIds } from "../render/short-id.ts";
import { renderLines, renderTable, type Column } from "../render/table.ts";
import { plural, statusWord } from "../render/words.ts";
import { watchView } from "../watch-view.ts";
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

interface BulkOptions {
  filter?: string[];
  reason?: string;
  undo?: boolean;
  yes?: boolean;
  expectCount?: number;
  detach?: boolean;
  timeout?: number;
}

/** `gantry runs cancel`, `pause`, `resume`, `retry`, `undo`: one command to all runs that a filter finds. */
export function bulkCommands(runs: Command, act: Act): void {
  const bulk = (name: string, description: string): Command =>
    runs
      .command(name)
      .description(`${description} The list is frozen, shown with its count and a sample, and asked about.`)
      .option(
        "--filter <key=value>",
        "status, environment, project, runbook, requester, text, created-after, created-before or run; may be repeated",
        collect,
      )
      .addOption(environmentOption())
      .addOption(projectOption())
      .option("-y, --yes", "don't ask; needs --expect-count")
      .option("--expect-count <count>", "go on only if it is exactly so many runs", readWhole(1, 1_000))
      .option("-d, --detach", "return once it is confirmed")
      .addOption(timeoutOption());
  const does = (command: Command, make: (options: BulkOptions) => BulkCommand): void =>
    act<BulkOptions>(command, (context, { options }) => tellAll(context, make(options), options));

  const cancel = bulk("cancel", "Cancel every run that a filter finds.")
    .option("--undo", "undo what the runs did")
    .addOption(reasonOption());
  example(
    cancel,
    "gantry runs cancel --filter status=waiting --environment staging",
    "gantry runs cancel --filter status=waiting --filter runbook=release --yes --expect-count 12",
  );
  does(cancel, ({ undo = false, reason = null }) => ({ action: "cancel", undo, reason }));
  does(bulk("pause", "Pause every run that a filter finds.").addOption(reasonOption()), ({ reason = null }) => ({
    action: "pause",
    reason,
  }));
  does(bulk("resume", "Resume every paused run that a filter finds."), () => ({ action: "resume" }));
  does(bulk("retry", "Retry every failed run that a filter finds."), () => ({ action: "retry" }));
  does(
    bulk("undo", "Undo every run that a filter finds; each waits for its own approval.").requiredOption(
      "-r, --reason <text>",
      "why; kept in the history",
    ),
    ({ reason = "" }) => ({ action: "undo", reason }),
  );

  const show = runs
    .command("bulk")
    .argument("<id>", "of a bulk action, as it was printed")
    .description("A bulk action: how far it is, and what became of the command for each run.");
  act<{ watch?: boolean }>(show.addOption(watchOption()), async (context, { parameters: [id = ""], options }) => {
    if (options.watch === true) return watchResult(context, id);
    await showResult(context, await context.client().bulkActions.get(id));
    return "ok";
  });
}

async function tellAll(context: Context, command: BulkCommand, options: BulkOptions): Promise<ExitName> {
  const { action } = command;
  if (options.yes === true && options.expectCount === undefined) {
    throw new UsageError(
      "--yes without --expect-count would confirm a list that nobody has seen.",
      `gantry runs ${action} … --yes --expect-count <count>`,
    );
  }
  const { bulkActions } = context.client();
  const { sample, ...bulk } = await bulkActions.create({
    command,
    filter: readBulkFilter(context.config, options.filter),
  });
  sayList(context, bulk, sample);
  // The server compares: what was frozen is what is confirmed, or nothing is.
  const count = options.yes === true ? (options.expectCount ?? 0) : await askFor(context, bulk, options);
  const confirmed = await bulkActions.confirm(bulk.id, count);
  if (options.detach === true) {
    if (context.json) context.terminal.json(confirmed);
    else context.terminal.data(bulk.id);
    return "ok";
  }
  const followed = await followBulk(context, confirmed, options.timeout);
  if (followed.exit !== null) return followed.exit;
  return showResult(context, followed.view);
}

function sayList({ terminal }: Context, bulk: BulkActionView, sample: readonly RunSummary[]): void {
  const short = shortIds(sample.map(({ id }) => id));
  const columns = [
    { title: "RUN", text: ({ id }: RunSummary) => short(id) },
    { title: "STATUS", text: ({ status }: RunSummary) => statusWord(status) },
    { title: "ENVIRONMENT", text: ({ environment }: RunSummary) => environment, give: 1 },
    { title: "GOAL", text: ({ goal }: RunSummary) => goal, give: 2 },
  ];
  terminal.say(terminal.paint("bold", `${bulk.command.action}: ${plural(bulk.count, "run")}`));
  terminal.say(renderTable(columns, sample, terminal.columns()));
  if (bulk.count > sample.length) terminal.say(`and ${bulk.count - sample.length} more`);
  terminal.say(terminal.paint("dim", `frozen as bulk action ${bulk.id}`));
}

async function askFor(context: Context, bulk: BulkActionView, { expectCount }: BulkOptions): Promise<number> {
  const { action } = bulk.command;
  if (expectCount !== undefined && expectCount !== bulk.count)
    throw new DeclinedError(`${plural(bulk.count, "run")} would be told to ${action}, not ${expectCount}.`);
  const these = bulk.count === 1 ? "this run" : `these ${bulk.count} runs`;
  const question = `Really ${action} ${these}? Type ${bulk.count}:`;
  const answer = await ask(context, question, `gantry runs ${action} … --yes --expect-count ${bulk.count}`);
  if (answer !== String(bulk.count))
    throw new DeclinedError(`Not confirmed: ${JSON.stringify(safeLine(answer))} isn't ${bulk.count}.`);
  return bulk.count;
}

/** Every run's result; what was refused decides the exit code. */
async function showResult(context: Context, view: BulkActionView): Promise<ExitName> {
  const { terminal } = context;
  const items = await itemsOf(context, view.id);
  if (context.json) terminal.json({ ...view, items });
  else printList(context, items, columnsOf(items), "No runs.");
  terminal.say(summaryOf(view));
  return view.progress.refused > 0 ? "failed" : "ok";
}

async function watchResult(context: Context, id: string): Promise<ExitName> {
  const { bulkActions } = context.client();
  interface Result {
    view: BulkActionView;
    items: BulkItem[];
  }
  return watchView<Result>(context, {
    stream: "bulk",
    load: async (signal) => ({
      view: await bulkActions.get(id, undefined, { signal }),
      items: await itemsOf(context, id, signal),
    }),
    lines: ({ view, items }) => [renderTable(columnsOf(items), items, context.terminal.columns() - 1), summaryOf(view)],
    items: ({ items }) =>
      items.map((item) => ({
        id: item.run,
        data: item,
        text: renderLines(columnsOf(items), [item]),
        mark: item.result,
      })),
    ended: ({ view }) => view.status !== "running" && view.status !== "frozen",
    // An answer that changed nothing in a run is no event.
    news: ({ view: { status, progress } }, signal) =>
      status === "running"
        ? bulkActions.get(id, { beyond: progress.ok + progress.refused }, { signal })
        : delay(2_000, undefined, { signal }),
  });
}

async function itemsOf(context: Context, id: string, signal?: AbortSignal): Promise<BulkItem[]> {
  const { bulkActions } = context.client();
  const items: BulkItem[] = [];
  const page = (cursor: string | undefined) => bulkActions.items(id, { limit: 200, cursor }, signal && { signal });
  for await (const item of allItems(page)) items.push(item);
  return items;
}

function columnsOf(items: readonly BulkItem[]): Column<BulkItem>[] {
  const short = shortIds(items.map(({ run }) => run));
  return [
    { title: "RUN", text: ({ run }) => run, short: ({ run }) => short(run) },
    { title: "RESULT", text: ({ result }) => result },
    { title: "WHY", text: ({ error }) => error?.message ?? "", give: 2 },
    { title: "GOAL", text: ({ goal }) => goal, give: 3 },
  ];
}

function summaryOf({ command, status, progress: { ok, refused, pending } }: BulkActionView): string {
  return `${command.action} ${status}: ${ok} ok, ${refused} refused, ${pending} pending`;
}
