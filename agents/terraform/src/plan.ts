import type { ToolContext } from "@gantry/sdk";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { describeOutputs, describePlan } from "./describe.ts";
import { countChanges, effectOf, parseStream, type TerraformPlan } from "./parse.ts";
import type { Binary, Configuration, Counts, OutputChange, SavedPlan, Variables } from "./schemas.ts";
import { versionOf } from "./state.ts";
import { openConfiguration, planFile, showPlan, variableArgs, type Secrets } from "./workspace.ts";

export interface PlanInput extends Secrets {
  configuration: Configuration;
  state: string;
  variables: z.infer<typeof Variables>;
  binary?: Binary | undefined;
  destroy: boolean;
}

export interface PlanSummary {
  counts: Counts;
  /** Objects that are destroyed and created anew; they count in both `add` and `destroy`. */
  replaced: number;
  effect: "reads" | "changes" | "destroys";
  touches: string[];
  diff: string;
  outputs: OutputChange[];
}

/** Makes a Terraform plan and keeps it with all that is needed to apply it elsewhere, except the providers. */
export async function makePlan(
  input: PlanInput,
  ctx: ToolContext,
): Promise<PlanSummary & { plan: SavedPlan; changed: boolean; warnings: string[] }> {
  const { configuration, state, variables, binary, destroy, ...secrets } = input;
  const workspace = await openConfiguration(ctx, {
    configuration,
    state,
    binary,
    variables,
    secrets,
    folder: "configuration",
  });
  const { stdout } = await workspace.terraform(
    planArgs([...(await variableArgs(workspace)), ...(destroy ? ["-destroy"] : [])]),
    {
      okExitCodes: [0, 2],
    },
  );
  // Read after planning: when another change came in between, the plan is stale anyway and Terraform refuses it.
  const [shown, prior] = [await showPlan(ctx, workspace), versionOf(await workspace.state.read())];
  const bytes = await readFile(join(workspace.directory, planFile));
  const stream = parseStream(stdout);
  const summary = summarize(shown);
  return {
    ...summary,
    changed: summary.effect !== "reads",
    warnings: stream.diagnostics.filter(({ severity }) => severity === "warning").map((warning) => warning.summary),
    plan: {
      files: await ctx.files.save("configuration"),
      path: configuration.path,
      digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
      state,
      prior,
      destroy,
      binary: workspace.terraform.binary(),
      version: shown.version,
    },
  };
}

/** `-detailed-exitcode`: 0 nothing to do, 2 something to do. */
export function planArgs(more: readonly string[], file: string = planFile): string[] {
  return [
    "plan",
    "-input=false",
    "-no-color",
    "-json",
    "-lock-timeout=60s",
    "-detailed-exitcode",
    `-out=${file}`,
    ...more,
  ];
}

export function summarize(plan: TerraformPlan): PlanSummary {
  const touched = plan.resources.filter(({ action }) => action !== "none");
  return {
    counts: countChanges(plan.resources),
    replaced: touched.filter(({ action }) => action === "replace").length,
    effect: effectOf(plan),
    touches: touched.map(({ address }) => address),
    diff: describePlan(plan),
    outputs: describeOutputs(plan),
  };
}
