import type { RunDetail } from "@gantry/sdk/api";
import type { Context } from "./context.ts";
import type { ExitName, Wanted } from "./exit-codes.ts";
import { followRun } from "./follow-run.ts";
import { createProgress, type Progress } from "./progress.ts";
import { renderChangeSet } from "./render/change-set.ts";
import { renderEnd, renderRun } from "./render/run.ts";
import { safeLine } from "./render/safe-text.ts";
import { duration } from "./render/time.ts";
import { openChangeSet } from "./open-change-set.ts";

export interface WatchOptions {
  run: string;
  /** Wait also for people. */
  wait: boolean;
  wanted?: Wanted;
  timeoutMs?: number | undefined;
  behind?: number;
  unanswered?: boolean;
  /** Shown instead of the usual progress. */
  progress?: Progress;
  /** Whether stdout gets the run when it stops: as JSON with `--json`. */
  data?: boolean;
}

/** Follows a run, shows it on stderr, says how it ended or what it needs, and gives the exit code for that. */
export async function watchRun(context: Context, options: WatchOptions): Promise<ExitName> {
  const { terminal, now } = context;
  const { run, wait, data = true, timeoutMs, wanted, behind, unanswered = false } = options;
  const followed = await followRun(context, {
    run,
    progress: options.progress ?? createProgress(terminal, now),
    stopAtGate: !wait,
    history: options.progress !== undefined || !terminal.canRedraw,
    timeoutMs,
    ...(wanted === undefined ? {} : { wanted }),
    ...(behind === undefined ? {} : { behind }),
    unanswered,
  });
  switch (followed.kind) {
    case "detached":
      sayDetached(context, run, `Detached. Run ${run} goes on.`);
      return "interrupted";
    case "timed_out":
      sayDetached(context, run, `Not done after ${duration(timeoutMs ?? 0)}. Run ${run} goes on.`);
      if (data && context.json && followed.run !== undefined) terminal.json(followed.run);
      return "timeout";
    case "stopped":
      sayOutcome(context, followed.run);
      if (data && context.json) terminal.json(followed.run);
      return followed.exit;
    default:
      return followed satisfies never;
  }
}

function sayDetached({ terminal }: Context, run: string, what: string): void {
  terminal.say(`\n${what}`);
  terminal.say(`  watch:   gantry runs watch ${run}`);
  terminal.say(`  cancel:  gantry cancel ${run}`);
}

/** How a run ended, or what it needs: the last thing on the screen. */
export function sayOutcome(context: Context, run: RunDetail): void {
  const { terminal, now } = context;
  const layout = { paint: terminal.paint, width: terminal.columns(), now: now() };
  if (run.status === "waiting_for_approval") {
    sayGate(context, run);
    return;
  }
  if (run.status === "previewed") {
    sayPreviewed(context, run);
    return;
  }
  if (run.status === "succeeded") {
    terminal.say(`\n${renderEnd(run, layout)}`);
    return;
  }
  terminal.say(`\n${renderRun(run, layout).join("\n")}`);
  terminal.say(`\n${renderEnd(run, layout)}`);
  const next = nextCommands(run);
  for (const [label, command] of next) terminal.say(`  ${label}:  ${terminal.paint("cyan", command)}`);
}

/** What waits, all that an approver must know, and the very commands. */
export function sayGate({ terminal, now }: Context, run: RunDetail): void {
  const view = openChangeSet(run);
  terminal.say(`\n${terminal.paint(["yellow", "bold"], "Waiting for approval")}  run ${run.id}`);
  if (view === undefined) {
    terminal.say(`  ${safeLine(run.waiting?.who ?? "")}`);
    return;
  }
  const layout = { paint: terminal.paint, width: terminal.columns(), now: now() };
  terminal.say(renderChangeSet(view, layout).join("\n"));
  terminal.say("\nAnother person than the requester decides, with a key of their own:");
  terminal.say(`  approve:  ${terminal.paint("cyan", `gantry approve ${run.id} ${view.hash}`)}`);
  terminal.say(`  reject:   ${terminal.paint("cyan", `gantry reject ${run.id} --reason "…"`)}`);
  terminal.say(`  go on:    gantry runs watch ${run.id} --wait`);
}

/** What a dry run found: all that would be decided on, and how to do it for real. */
function sayPreviewed({ terminal, now }: Context, run: RunDetail): void {
  const view = run.changeSets.at(-1);
  const layout = { paint: terminal.paint, width: terminal.columns(), now: now() };
  terminal.say(`\n${terminal.paint("bold", "Dry run: nothing was changed")}  run ${run.id}`);
  if (view !== undefined) terminal.say(renderChangeSet(view, layout).join("\n"));
  for (const { key, child } of run.steps)
    if (child !== null) terminal.say(`  ${key}: sub-run, see  gantry runs show ${child}`);
  terminal.say(`\n${renderEnd(run, layout)}`);
  terminal.say(`  for real:  ${terminal.paint("cyan", `gantry run --real ${run.id}`)}`);
}

function nextCommands(run: RunDetail): [string, string][] {
  switch (run.status) {
    case "failed":
      return [
        ["retry", `gantry retry ${run.id}`],
        ["fork", `gantry fork ${run.id} --from <step> --set <path>=<value>`],
        ["undo", `gantry undo ${run.id} --reason "…"`],
      ];
    case "undo_incomplete":
      return [["retry", `gantry undo ${run.id} --reason "…"`]];
    case "canceled":
      return [["undo", `gantry undo ${run.id} --reason "…"`]];
    default:
      return [];
  }
}
