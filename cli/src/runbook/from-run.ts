import { runbookFromPlan } from "@gantry/sdk/runbook-file";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { safeLine } from "../render/safe-text.ts";
import { findRun } from "../run-reference.ts";

export interface FromRunOptions {
  name: string;
  title?: string;
  compare?: string;
}

/** `gantry runbook from-run`: the file of a runbook that does what a run did. */
export async function runbookFromRun(
  context: Context,
  { parameters: [reference = ""], options }: { parameters: readonly string[]; options: FromRunOptions },
): Promise<void> {
  const { terminal } = context;
  const client = context.client();
  const { id, status, goal } = await client.runs.get(await findRun(client, reference));
  if (status !== "succeeded")
    throw new UsageError(
      `Run ${id} is ${status}: only what went well becomes a runbook.`,
      "gantry runs list --status succeeded",
    );
  const other = options.compare === undefined ? null : await client.runs.plan(await findRun(client, options.compare));
  const title = options.title ?? goal.slice(0, 200);
  const { text, parameters } = runbookFromPlan(await client.runs.plan(id), { name: options.name, title, other });
  if (context.json) return terminal.json({ text, parameters });
  terminal.data(text.trimEnd());
  const found = Object.entries(parameters).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  terminal.say(
    found.length === 0
      ? "It has no parameters. Compare it with another run of the same steps: --compare <run>"
      : `Parameters, as they were in this run: ${safeLine(found.join(", "))}`,
  );
}
