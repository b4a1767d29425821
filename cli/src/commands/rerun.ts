import type { JsonObject } from "@gantry/sdk";
import type { RerunAnswer } from "@gantry/sdk/api";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { findRunbook } from "../find-runbook.ts";
import { readParameters } from "../parameters.ts";
import { renderDifferences } from "../render/comparison.ts";
import { findRun } from "../run-reference.ts";
import { followNewRun, type FollowOptions } from "./new-run.ts";

export interface RerunOptions extends Omit<FollowOptions, "waitFor"> {
  parameter?: string[];
  parameters?: string;
  dryRun?: boolean;
}

/** `gantry retry` with other parameters: a new run, linked to the one that it is a retry of. */
export async function rerun(context: Context, reference: string, options: RerunOptions): Promise<ExitName> {
  const client = context.client();
  const source = await client.runs.get(await findRun(client, reference));
  if (source.runbook === null)
    throw new UsageError(
      `Run ${source.id} is of a plan that no runbook made, so it has no parameters to change.`,
      `gantry fork ${source.id} --from <step> --set <path>=<value>`,
    );
  const { name, parameters: schema } = await findRunbook(client, source.runbook);
  const sources = { pairs: options.parameter ?? [], file: options.parameters };
  // Only those that change are given; the server has the others.
  const partial = { name, parameters: { ...schema, required: [] } };
  const parameters: JsonObject = await readParameters(sources, partial, context.stdin);
  const { dryRun = false } = options;
  const answer = await client.runs.rerun(source.id, { parameters, dryRun, priority: source.priority });
  return followNewRun(context, answer, { ...options, waitFor: "approval" }, () => sayDifferences(context, answer));
}

function sayDifferences({ terminal }: Context, { parameters, plan }: RerunAnswer): void {
  const layout = { paint: terminal.paint, width: terminal.columns() };
  const changes = [
    ...plan.added.map((step) => `  step ${step} is new`),
    ...plan.removed.map((step) => `  step ${step} is gone`),
    ...renderDifferences(plan.steps, layout),
  ];
  terminal.say(["Other parameters:", ...renderDifferences(parameters, layout)].join("\n"));
  if (changes.length > 0) terminal.say(["Other steps:", ...changes].join("\n"));
}
