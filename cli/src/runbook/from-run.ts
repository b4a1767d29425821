import type { Plan } from "@gantry/sdk";
import { diffRunbooks, loadRunbooks, runbookFromPlan, type RunbookFromPlan } from "@gantry/sdk/runbook-file";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { safeLine } from "../render/safe-text.ts";
import { findRun } from "../run-reference.ts";
import { generalize } from "./generalize.ts";
import { renderChanges } from "./read.ts";

export interface FromRunOptions {
  name: string;
  title?: string;
  compare?: string;
  with: "rules" | "model";
  timeout?: number;
}

/** `gantry runbook from-run`: the file of a runbook that does what a run did. */
export async function runbookFromRun(
  context: Context,
  { parameters: [reference = ""], options }: { parameters: readonly string[]; options: FromRunOptions },
): Promise<ExitName> {
  const client = context.client();
  const { id, status, goal, project } = await client.runs.get(await findRun(client, reference));
  if (status !== "succeeded")
    throw new UsageError(
      `Run ${id} is ${status}: only what went well becomes a runbook.`,
      "gantry runs list --status succeeded",
    );
  const other = options.compare === undefined ? null : await client.runs.plan(await findRun(client, options.compare));
  const title = options.title ?? goal.slice(0, 200);
  const plan = await client.runs.plan(id);
  const made = runbookFromPlan(plan, { name: options.name, title, other });
  if (options.with === "model") return withModel(context, { plan, made, project, options });
  show(context, made, { by: "rules" });
  return "ok";
}

interface Made {
  plan: Plan;
  made: RunbookFromPlan;
  project: string;
  options: FromRunOptions;
}

async function withModel(context: Context, { plan, made, project, options }: Made): Promise<ExitName> {
  const { terminal } = context;
  const goal = `Generalise the runbook ${options.name}`;
  const { exit, general } = await generalize(context, {
    plan,
    text: made.text,
    goal,
    project,
    timeoutMs: options.timeout,
  });
  if (general === null) {
    terminal.say("Without --with model you get the runbook that follows from the run by rules.");
    return exit;
  }
  const { run, changes, ...file } = general;
  show(context, file, { by: "model", run, changes, rules: made.text });
  if (context.json) return "ok";
  const [before, after] = [made, file].flatMap(({ text }) => loadRunbooks([{ file: "runbook.yaml", text }]).runbooks);
  if (before === undefined || after === undefined) return "ok";
  const layout = { paint: terminal.paint, width: terminal.columns() };
  terminal.say(
    terminal.paint("bold", "What the model made otherwise than the rules do; read it before you publish it:"),
  );
  for (const line of renderChanges(diffRunbooks(before.shape, after.shape), layout)) terminal.say(line);
  for (const change of changes) terminal.say(`- ${safeLine(change)}`);
  return "ok";
}

function show(context: Context, { text, parameters }: RunbookFromPlan, more: object): void {
  const { terminal } = context;
  if (context.json) return terminal.json({ text, parameters, ...more });
  terminal.data(text.trimEnd());
  const found = Object.entries(parameters).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  terminal.say(
    found.length === 0
      ? "It has no parameters. Compare it with another run of the same steps: --compare <run>"
      : `Parameters, as they were in this run: ${safeLine(found.join(", "))}`,
  );
}
