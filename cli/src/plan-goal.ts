import type { CreateGoal, RunDetail, Understanding } from "@gantry/sdk/api";
import type { Context } from "./context.ts";
import { DeclinedError, GoalUnclearError, UsageError } from "./errors.ts";
import type { ExitName } from "./exit-codes.ts";
import type { Progress } from "./progress.ts";
import { ask } from "./prompt.ts";
import { renderPlan } from "./render/plan.ts";
import { Proposal, renderProposal } from "./render/proposal.ts";
import { watchRun } from "./watch-run.ts";
import { draftProgress, jsonLines } from "./words-progress.ts";

export interface GoalPlanning {
  planner: string;
  /** Only show what it plans. */
  explain: boolean;
  /** With `--json`, whether each event of the planning is a line of stdout, too. */
  lines: boolean;
  /** Don't ask whether it is right. */
  sure: boolean;
  timeoutMs: number | undefined;
}

/**
 * Has a model plan the goal, as a run, and shows each step with its reason, the risk, and what policy will want.
 *
 * @returns the wish to start, or how the run ended that gave no plan @throws {GoalUnclearError} when something must be told first
 */
export async function planGoal(
  context: Context,
  wish: CreateGoal,
  { planner, explain, lines, sure, timeoutMs }: GoalPlanning,
): Promise<CreateGoal | ExitName> {
  const { terminal } = context;
  const client = context.client();
  const environment = wish.environment ?? context.config.environment?.value;
  if (environment === undefined)
    throw new UsageError("Which environment? A model plans for one.", 'gantry goal "…" --environment dev');
  const project = wish.project ?? "default";
  const run = await client.runs.create({
    runbook: planner,
    parameters: { goal: wish.text },
    environment,
    project,
    goal: wish.text,
  });
  terminal.say(terminal.paint("dim", `A model plans it: run ${run.id} on ${environment}`));
  const { exit, said } = await thoughtOf(context, { run: run.id, timeoutMs, lines });
  if (said === null) return exit;
  if (said.plan === null) throw new GoalUnclearError(said.questions);
  const planned: CreateGoal = { text: wish.text, project, environment, proposal: run.id };
  const { plan } = await client.goals.create({ ...planned, explain: true });
  if (plan === null) throw new TypeError("The server answered a proposal without its plan.");
  if (explain && context.json) {
    terminal.json({ proposal: run.id, ...said, plan });
    return "ok";
  }
  const paint = explain ? terminal.paintData : terminal.paint;
  const layout = { paint, width: terminal.columns() };
  const shown = [...renderProposal(said, layout), "", ...renderPlan(plan, layout)].join("\n");
  if (explain) {
    terminal.data(shown);
    return "ok";
  }
  terminal.say(shown);
  if (terminal.canAsk && !sure) {
    const answer = await ask(context, "Is that what you want? [y/N]", "gantry goal … --yes");
    if (!/^y(es)?$/i.test(answer)) throw new DeclinedError("The goal was not started.");
  }
  return planned;
}

async function thoughtOf(
  context: Context,
  { run, timeoutMs, lines }: { run: string; timeoutMs: number | undefined; lines: boolean },
): Promise<{ exit: ExitName; said: Proposal | null }> {
  let latest: RunDetail | undefined;
  const shown = lines && context.json ? jsonLines(context.terminal) : draftProgress(context);
  const state: Progress["state"] = (seen) => {
    latest = seen;
    shown.state(seen);
  };
  const exit = await watchRun(context, { run, wait: false, timeoutMs, data: false, progress: { ...shown, state } });
  const outputs = latest?.steps.map(({ output }) => Proposal.safeParse(output)) ?? [];
  return { exit, said: outputs.find(({ success }) => success)?.data ?? null };
}

/** By whom a goal is planned: by a model where somebody says so, or where no runbook does it, or hardly, and one is connected. */
export function plannerFor(
  { planner, status }: Understanding,
  options: { with?: "runbooks" | "model"; runbook?: string; parameter?: readonly string[] },
): string | null {
  if (options.with === "runbooks" || options.runbook !== undefined) return null;
  if (options.with === "model") return planner ?? "planner.plan";
  // Who gives parameters means the runbook that has them.
  if (options.parameter !== undefined) return null;
  return status === "ready" ? null : planner;
}
