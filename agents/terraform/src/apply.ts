import type { Json, Preview, ToolContext, Verification } from "@gantry/sdk";
import type { z } from "zod";
import { changesOf } from "./describe.ts";
import { PlanStaleError } from "./errors.ts";
import { parseStream } from "./parse.ts";
import { summarize } from "./plan.ts";
import { openRecord } from "./record.ts";
import type { Counts, SavedPlan, StateVersion } from "./schemas.ts";
import { sameVersion, versionOf, type State } from "./state.ts";
import { inForceBefore, undoOutlook } from "./undo.ts";
import {
  openSavedPlan,
  planFile,
  showPlan,
  variableArgs,
  type ApplyInput,
  type Secrets,
  type Workspace,
} from "./workspace.ts";

export interface Applied {
  counts: Counts;
  outputs: Record<string, { sensitive: boolean; value: Json }>;
  before: StateVersion;
  after: StateVersion;
}

/** What the plan file says, read from that very file. */
export async function previewApply(
  { plan, ...secrets }: ApplyInput,
  ctx: ToolContext,
): Promise<z.input<typeof Preview>> {
  const workspace = await openSavedPlan(ctx, { plan, secrets, folder: "plan" });
  const shown = await showPlan(ctx, workspace);
  const { counts, effect, touches, diff, replaced } = summarize(shown);
  const record = await (await openRecord(ctx, plan.state)).read();
  return {
    summary: sentenceOf(plan, counts, replaced, effect),
    effect,
    counts,
    touches,
    diff,
    changes: changesOf(shown),
    undo: undoOutlook(plan, shown, inForceBefore(plan, record)),
  };
}

/** Applies that plan file and nothing else. */
export async function applyPlan({ plan, ...secrets }: ApplyInput, ctx: ToolContext): Promise<Applied> {
  const workspace = await openSavedPlan(ctx, { plan, secrets, folder: "plan" });
  const record = await openRecord(ctx, plan.state);
  // A resumed attempt has begun before, and its own apply may have moved the state on.
  if ((await record.read()).applied?.digest !== plan.digest) requireFresh(plan, await workspace.state.read());
  await record.begin(plan);
  ctx.log(`applying ${plan.digest} to the state "${plan.state}"`);
  const { stdout } = await workspace.terraform([
    "apply",
    "-input=false",
    "-no-color",
    "-json",
    "-lock-timeout=60s",
    planFile,
  ]);
  await record.settle(plan);
  const { counts } = parseStream(stdout);
  const state = await workspace.state.read();
  return {
    counts: counts ?? { add: 0, change: 0, destroy: 0 },
    outputs: outputsOf(state, secrets),
    before: plan.prior,
    after: versionOf(state),
  };
}

/** Plans once more: what was applied must leave nothing to do. */
export async function verifyApply({ plan, ...secrets }: ApplyInput, ctx: ToolContext): Promise<Verification> {
  const workspace = await openSavedPlan(ctx, { plan, secrets, folder: "plan" });
  const [remaining, state] = [await remainingChanges(ctx, workspace, plan), versionOf(await workspace.state.read())];
  return {
    probes: [
      {
        name: plan.destroy ? "Terraform plan for destroying, made again" : "Terraform plan, made again",
        expected: "no changes",
        actual: remaining.length === 0 ? "no changes" : `still to do: ${remaining.slice(0, 20).join(", ")}`,
        passed: remaining.length === 0,
      },
      {
        name: `State "${plan.state}"`,
        expected: plan.destroy ? "no resources" : "a version is recorded",
        actual: state === null ? "no version" : `version ${state.serial}, ${state.resources} resources`,
        passed: plan.destroy ? state === null || state.resources === 0 : state !== null,
      },
    ],
  };
}

/**
 * Addresses (and outputs) that a new plan of the same configuration would still touch.
 * @param lock False for whoever holds the lock already.
 */
export async function remainingChanges(
  ctx: ToolContext,
  workspace: Workspace,
  plan: Pick<SavedPlan, "destroy">,
  lock = true,
): Promise<string[]> {
  const file = "gantry-again.tfplan";
  const { exitCode } = await workspace.terraform(
    [
      "plan",
      "-input=false",
      "-no-color",
      "-json",
      "-detailed-exitcode",
      `-out=${file}`,
      ...(lock ? ["-lock-timeout=60s"] : ["-lock=false"]),
      ...(plan.destroy ? ["-destroy"] : []),
      ...(await variableArgs(workspace)),
    ],
    { okExitCodes: [0, 2] },
  );
  // A large provider takes seconds to start, so it isn't asked again when there is nothing to show.
  if (exitCode === 0) return [];
  const { touches, outputs } = summarize(await showPlan(ctx, workspace, file));
  return [...touches, ...outputs.map(({ name }) => `output.${name}`)];
}

/** Outputs as the state holds them; the values of sensitive ones, and of those that hold a secret variable, stay there. */
export function outputsOf(state: State | null, { secretVariables }: Secrets): Applied["outputs"] {
  const secrets = Object.values(secretVariables).filter((secret) => secret.length >= 4);
  const hidden = (value: Json): boolean =>
    secrets.some((secret) => JSON.stringify(value).includes(JSON.stringify(secret).slice(1, -1)));
  return Object.fromEntries(
    Object.entries(state?.outputs ?? {}).map(([name, { sensitive, value }]) => [
      name,
      sensitive || hidden(value) ? { sensitive: true, value: null } : { sensitive, value },
    ]),
  );
}

/** @throws {PlanStaleError} before anything starts, when the state isn't the one that was planned for. */
function requireFresh(plan: SavedPlan, state: State | null): void {
  if (sameVersion(plan.prior, versionOf(state))) return;
  throw new PlanStaleError(
    `The state "${plan.state}" has changed since this Terraform plan was made (version ${plan.prior?.serial ?? "none"} then, ${state?.serial ?? "none"} now). Plan again and have the new plan approved.`,
    [],
  );
}

function sentenceOf(plan: SavedPlan, counts: Counts, replaced: number, effect: string): string {
  if (effect === "reads") return `Nothing in "${plan.state}" needs to change.`;
  const { add, change, destroy } = counts;
  const parts = [
    ...(add - replaced > 0 ? [`create ${add - replaced}`] : []),
    ...(change > 0 ? [`change ${change}`] : []),
    ...(replaced > 0 ? [`replace ${replaced}`] : []),
    ...(destroy - replaced > 0 ? [`destroy ${destroy - replaced}`] : []),
  ];
  const what = parts.length === 0 ? "change outputs only" : parts.join(", ").replace(/, ([^,]*)$/, " and $1");
  return `In "${plan.state}": ${what}${parts.length === 0 ? "" : add + change + destroy === 1 ? " object" : " objects"}.`;
}
