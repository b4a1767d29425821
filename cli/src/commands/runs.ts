import { Option, type Command } from "commander";
import { RunStatus, type ModelCostView, type RunDetail, type RunSummary } from "@gantry/sdk/api";
import { allItems } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import type { ExitName } from "../exit-codes.ts";
import { openChangeSet } from "../open-change-set.ts";
import { renderChangeSet, renderDiffs } from "../render/change-set.ts";
import { renderRun, summarizeSteps } from "../render/run.ts";
import { renderMicros } from "../render/amount.ts";
import { safeLine, safeText } from "../render/safe-text.ts";
import { shortIds } from "../render/short-id.ts";
import type { Column } from "../render/table.ts";
import { relative } from "../render/time.ts";
import { paintStatus, statusWord } from "../render/words.ts";
import { showList } from "../print-list.ts";
import { findRun } from "../run-reference.ts";
import { streamEvents } from "../stream-events.ts";
import { watchRun } from "../watch-run.ts";
import { watchView } from "../watch-view.ts";
import { artifactsCommand } from "./artifacts.ts";
import { bulkCommands } from "./bulk.ts";
import { compareCommand } from "./compare.ts";
import { showLogs, type LogsOptions } from "./logs.ts";
import {
  environmentOption,
  example,
  projectOption,
  readTime,
  readWhole,
  timeoutOption,
  watchOption,
} from "./options.ts";
import { runInsightCommands } from "./run-insight.ts";

interface ListOptions {
  status?: RunStatus[];
  runbook?: string;
  requester?: string;
  text?: string;
  createdAfter?: string;
  createdBefore?: string;
  dryRun?: boolean;
  sort: "-created" | "created" | "-finished" | "finished";
  limit: number;
  watch?: boolean;
}

interface ShowOptions {
  diff?: boolean;
  watch?: boolean;
}

/** `gantry runs`: lists, shows and follows what was run. */
export function runsCommands(program: Command, act: Act): void {
  const runs = program.command("runs").description("List, show and follow runs.");

  const list = runs
    .command("list")
    .description("Runs, newest first.")
    .addOption(new Option("--status <status...>", "only runs of these statuses").choices(RunStatus.options))
    .option("--runbook <name>", "only runs of this runbook")
    .option("--requester <who>", "only runs that they asked for: name or id")
    .option("--text <text>", "only runs whose goal holds this, or whose id begins with it")
    .option("--created-after <time>", "only newer ones, like 2026-01-31T12:00:00Z", readTime)
    .option("--created-before <time>", "only older ones", readTime)
    .option("--dry-run", "only dry runs")
    .addOption(
      new Option("--sort <by>", "- stands for the latest first; finished lists only runs that have ended")
        .choices(["-created", "created", "-finished", "finished"])
        .default("-created"),
    )
    .addOption(projectOption())
    .addOption(environmentOption())
    .addOption(new Option("--limit <count>", "how many").default(50).argParser(readWhole(1, 100_000)))
    .addOption(watchOption());
  example(
    list,
    "gantry runs list --status failed needs_attention --created-after 2026-01-31T12:00:00Z",
    "gantry runs list --json | jq -r '.[].id'",
  );
  act<ListOptions>(list, listRuns);

  const show = runs
    .command("show")
    .argument("<run>", "id, or the beginning of it")
    .description("One run: its steps, attempts, change set and what it waits for.")
    .option("--diff", "with the whole diffs of the change set")
    .addOption(watchOption());
  act<ShowOptions>(show, showRun);

  const watch = runs
    .command("watch")
    .argument("<run>", "id, or the beginning of it")
    .description("Follow a run until it ends or needs a person. With --json: its events, a JSON value per line.")
    .option("--wait", "wait also for approvals")
    .addOption(timeoutOption());
  act<{ wait?: boolean; timeout?: number }>(watch, async (context, { parameters: [reference = ""], options }) => {
    const run = await findRun(context.client(), reference);
    const how = { run, wait: options.wait === true, timeoutMs: options.timeout };
    return context.json ? streamEvents(context, how) : watchRun(context, { ...how, data: false });
  });

  compareCommand(runs, act);
  runInsightCommands(runs, act);
  bulkCommands(runs, act);
  artifactsCommand(runs, act);

  const logs = runs
    .command("logs")
    .argument("<run>", "id, or the beginning of it")
    .description("What a run's commands wrote, step by step. With --json: a JSON value per line.")
    .option("-f, --follow", "go on until the run has ended; steps that run at once are mixed")
    .option("--step <step>", "only this step")
    .option("--tail <lines>", "only the last lines: of the run, or with --step of each attempt", readWhole(1, 10_000));
  example(logs, "gantry runs logs 0198c2f4 --step build", "gantry runs logs 0198c2f4 --follow --json");
  act<LogsOptions>(logs, async (context, { parameters: [reference = ""], options }) => {
    return showLogs(context, await findRun(context.client(), reference), options);
  });
}

async function listRuns(context: Context, { options }: { options: ListOptions }): Promise<ExitName> {
  const client = context.client();
  const { config } = context;
  // The default project is no filter: a list without words shows everything.
  const project = config.project.origin === "--project" ? config.project.value : undefined;
  const environment = config.environment?.origin === "--environment" ? config.environment.value : undefined;
  const dryRun = options.dryRun === true ? ("true" as const) : undefined;
  const { runbook, requester, text, createdAfter, createdBefore, sort } = options;
  const status = options.status?.join(",");
  const filter = { status, runbook, requester, text, createdAfter, createdBefore, project, environment, dryRun, sort };
  const limit = Math.min(200, options.limit);
  const load = async (signal?: AbortSignal): Promise<RunSummary[]> => {
    const found: RunSummary[] = [];
    const page = (cursor: string | undefined) => client.runs.list({ ...filter, limit, cursor }, signal && { signal });
    for await (const run of allItems(page)) if (found.push(run) >= options.limit) break;
    return found;
  };
  const list = {
    name: "runs",
    load,
    idOf: ({ id }: RunSummary) => id,
    columns: (runs: readonly RunSummary[]) => columnsOf(context, runs),
    whenEmpty: "No runs. Start one:  gantry run <runbook> --environment <name>",
  };
  return showList(context, list, options);
}

function columnsOf({ terminal, now }: Context, runs: readonly RunSummary[]): Column<RunSummary>[] {
  const short = shortIds(runs.map(({ id }) => id));
  return [
    { title: "RUN", text: ({ id }) => id, short: ({ id }) => short(id) },
    {
      title: "STATUS",
      text: ({ status }) => status,
      short: ({ status, dryRun }) => statusWord(status) + (dryRun && status !== "previewed" ? " (dry run)" : ""),
      paint: ({ status }, text) => paintStatus(terminal.paintData, status, text),
    },
    { title: "ENVIRONMENT", text: ({ environment }) => environment, give: 2 },
    { title: "RUNBOOK", text: ({ runbook }) => runbook ?? "", give: 3 },
    {
      title: "CREATED",
      text: ({ createdAt }) => createdAt,
      short: ({ createdAt }) => relative(createdAt, now()),
      give: 1,
    },
    { title: "GOAL", text: ({ goal }) => goal, give: 4 },
  ];
}

async function showRun(
  context: Context,
  { parameters: [reference = ""], options }: { parameters: readonly string[]; options: ShowOptions },
): Promise<ExitName> {
  const { terminal } = context;
  const client = context.client();
  const id = await findRun(client, reference);
  if (options.watch === true) {
    return watchView(context, {
      stream: "run",
      load: (signal) => client.runs.get(id, undefined, { signal }),
      lines: (run) => renderWhole(context, run, options),
      items: (run) => [
        { id, data: run, text: `${statusWord(run.status)}\t${summarizeSteps(run.steps)}`, mark: String(run.seq) },
      ],
      ended: (run) => run.finishedAt !== null,
    });
  }
  const run = await client.runs.get(id);
  const { items: models } = await client.models.costs({ by: "step", run: id, since: run.createdAt });
  if (context.json) terminal.json({ ...run, models });
  else terminal.data([...renderWhole(context, run, options), ...renderModelCosts(models, id)].join("\n"));
  return "ok";
}

/** What its calls to models came to, step by step; nothing where it made none. */
function renderModelCosts(costs: readonly ModelCostView[], run: string): string[] {
  if (costs.length === 0) return [];
  const known = costs.every(({ priceKnown }) => priceKnown);
  const sum = costs.reduce((all, { micros }) => all + micros, 0);
  return [
    "",
    `models  ${renderMicros(sum, known)}`,
    ...costs.map(({ key, calls, input, output, micros, priceKnown }) => {
      // The key is the run and the step.
      const step = safeLine((key ?? "").slice(run.length + 1));
      return `  ${step}  ${calls} calls, ${input} tokens in, ${output} out, ${renderMicros(micros, priceKnown)}`;
    }),
  ];
}

/** The run, and the change set that is open or was the last one. */
function renderWhole({ terminal, now }: Context, run: RunDetail, options: ShowOptions): string[] {
  const { paintData: paint, dataIsTerminal } = terminal;
  const layout = { paint, width: terminal.columns(), now: now(), whole: !dataIsTerminal };
  const view = openChangeSet(run) ?? run.changeSets.at(-1);
  if (view === undefined) return renderRun(run, layout);
  return [
    ...renderRun(run, layout),
    "",
    `${terminal.paintData("bold", "change set")}  ${view.status}${view.begun ? ", begun" : ""}`,
    ...renderChangeSet(view, layout),
    ...(options.diff === true ? ["", ...renderDiffs(view.changeSet, terminal.paintData, safeText)] : []),
  ];
}
