import type { Preview, ToolContext, Undone } from "@gantry/sdk";
import type { z } from "zod";
import type { ResourceChange, TerraformPlan } from "./parse.ts";
import { planArgs } from "./plan.ts";
import { openRecord, type Record } from "./record.ts";
import type { Configuration, SavedPlan } from "./schemas.ts";
import { addressesOf, openState } from "./state.ts";
import {
  openConfiguration,
  openSavedPlan,
  showPlan,
  variableArgs,
  type ApplyInput,
  type Secrets,
  type Workspace,
} from "./workspace.ts";

/**
 * Undoing an apply goes back to the configuration that was in force before it:
 *
 * - known (Gantry applied it, or the apply was a destroy): that configuration is planned and applied again, which removes what
 *   was created, changes back what was changed and creates anew what was destroyed, empty;
 * - not known, and the state was empty: everything the state now holds is destroyed;
 * - not known otherwise: what was created is destroyed, the rest stays as the apply left it.
 *
 * Whatever the way, nothing outside the objects of the original plan is touched.
 */
type Way =
  | { kind: "reapply"; configuration: Configuration }
  | { kind: "destroyAll" }
  | { kind: "destroyCreated"; targets: string[] };

/** The configuration in force before a plan, or as it will be when the plan hasn't begun. */
export function inForceBefore(plan: SavedPlan, record: Record): SavedPlan | null {
  if (record.applied?.digest === plan.digest) return record.before;
  const inForce = record.settled ? record.applied : record.before;
  return inForce?.destroy ? null : inForce;
}

/** Said before the apply: how it would be undone and what would stay. */
export function undoOutlook(
  plan: SavedPlan,
  shown: TerraformPlan,
  before: SavedPlan | null,
): z.input<typeof Preview>["undo"] {
  const way = chooseWay(plan, shown, before);
  const possible = way.kind !== "destroyCreated" || way.targets.length > 0;
  const how = {
    reapply: plan.destroy
      ? "The configuration is applied again: what was destroyed is created anew."
      : "The configuration that was in force before is applied again.",
    destroyAll: "Everything that was created is destroyed; the state was empty before.",
    destroyCreated: "What was created is destroyed.",
  }[way.kind];
  return { possible, how: possible ? how : "It can't be undone.", limits: limitsOf(way, shown) };
}

/** Safe to call again: every way ends where nothing is left to do. */
export async function undoApply(
  { plan, ...secrets }: ApplyInput,
  wasDone: boolean,
  ctx: ToolContext,
): Promise<z.input<typeof Undone>> {
  const record = await openRecord(ctx, plan.state);
  const known = await record.read();
  if (known.applied?.digest !== plan.digest) {
    // Undone before, or never begun.
    if (!known.begun.includes(plan.digest) || !standsOver(known, plan))
      return { summary: `Nothing of this Terraform plan is in force in "${plan.state}".` };
    return {
      summary: `Not undone: a later change was applied to "${plan.state}".`,
      left: [`All of it, because a later change builds on it. Undo the later one first.`],
    };
  }
  const interrupted = (await breakOwnLock(plan, ctx)) || known.interrupted;
  if (interrupted) await record.interrupt(plan);

  const bundle = await openSavedPlan(ctx, { plan, secrets, folder: "plan" });
  const shown = await showPlan(ctx, bundle);
  const present = new Set(addressesOf(await bundle.state.read()));
  const unrecorded = interrupted && !wasDone ? created(shown).filter((address) => !present.has(address)) : [];

  const way = chooseWay(plan, shown, known.before);
  const outcome = await carryOut(way, { plan, secrets, shown, bundle }, ctx);
  if (outcome.refused !== undefined) return { summary: "Not undone.", left: [outcome.refused] };
  await record.undone(plan);
  return {
    summary: `Undone in "${plan.state}": ${outcome.removed} removed, ${outcome.restored} changed back, ${outcome.recreated} created anew.`,
    left: [
      ...limitsOf(way, shown),
      ...unrecorded.map(
        (address) => `${address} may exist without being in the state: it was killed while creating. Look for it.`,
      ),
    ],
  };
}

/** True when the plan is still part of what is in force, under a later one. */
function standsOver(record: Record, plan: SavedPlan): boolean {
  const at = record.begun.indexOf(plan.digest);
  return at > 0 && record.applied !== null && record.begun.indexOf(record.applied.digest) < at;
}

function chooseWay(plan: SavedPlan, shown: TerraformPlan, before: SavedPlan | null): Way {
  if (plan.destroy) return { kind: "reapply", configuration: before ?? plan };
  if (before !== null) return { kind: "reapply", configuration: before };
  if (plan.prior === null || plan.prior.resources === 0) return { kind: "destroyAll" };
  return { kind: "destroyCreated", targets: created(shown) };
}

function limitsOf(way: Way, shown: TerraformPlan): string[] {
  return shown.resources.flatMap(({ address, action }) => {
    if (action === "delete" || action === "replace") {
      if (way.kind === "reapply") return [`${address}: destroyed; it is created anew, without the data it held.`];
      return [`${address}: destroyed; it isn't created again, because the configuration before isn't known.`];
    }
    if (way.kind === "reapply") return action === "forget" ? [`${address}: stays unmanaged.`] : [];
    if (action === "update") return [`${address}: stays as changed, because the configuration before isn't known.`];
    return action === "import" && way.kind === "destroyAll" ? [`${address}: stays managed; it existed before.`] : [];
  });
}

interface Scene {
  plan: SavedPlan;
  secrets: Secrets;
  shown: TerraformPlan;
  bundle: Workspace;
}

type Outcome = { refused?: undefined; removed: number; restored: number; recreated: number } | { refused: string };

const nothing = { removed: 0, restored: 0, recreated: 0 };
const undoFile = "gantry-undo.tfplan";

async function carryOut(way: Way, scene: Scene, ctx: ToolContext): Promise<Outcome> {
  const { plan, secrets, shown, bundle } = scene;
  const targets = way.kind === "destroyCreated" ? way.targets : [];
  // Without a target Terraform would destroy everything.
  if (way.kind === "destroyCreated" && targets.length === 0) return nothing;
  const workspace =
    way.kind === "reapply"
      ? await openConfiguration(ctx, {
          configuration: way.configuration,
          state: plan.state,
          binary: plan.binary,
          secrets,
          folder: "before",
        })
      : bundle;
  const more = way.kind === "reapply" ? [] : ["-destroy", ...targets.map((address) => `-target=${address}`)];
  await workspace.terraform(planArgs([...(await variableArgs(workspace)), ...more], undoFile), { okExitCodes: [0, 2] });
  const back = await showPlan(ctx, workspace, undoFile);
  const outside = beyond(back.resources, shown);
  if (outside.length > 0)
    return {
      refused: `All of it, because undoing would also touch ${outside.join(", ")}, which this change did not: changed since, or depending on it. Make a plan for it.`,
    };
  await workspace.terraform(["apply", "-input=false", "-no-color", "-json", "-lock-timeout=60s", undoFile]);
  const count = (...actions: ResourceChange["action"][]): number =>
    back.resources.filter(({ action }) => actions.includes(action)).length;
  return { removed: count("delete"), restored: count("update", "replace"), recreated: count("create") };
}

/** What was approved bounds its undo: only objects of the original plan, and destroyed is only what it made. */
function beyond(back: readonly ResourceChange[], shown: TerraformPlan): string[] {
  const before = new Map(shown.resources.map(({ address, action }) => [address, action]));
  return back
    .filter(({ address, action }) => {
      const did = before.get(address) ?? "none";
      if (action === "none") return false;
      if (action === "delete" || action === "replace") return did === "none" || did === "delete";
      return did === "none";
    })
    .map(({ address }) => address);
}

function created(shown: TerraformPlan): string[] {
  return shown.resources.filter(({ action }) => action === "create").map(({ address }) => address);
}

/**
 * A lock that an earlier attempt of this run left behind. The engine settles every attempt before it undoes, so its holder is
 * gone; but a lock of this very attempt is its own Terraform at work, seen again after the worker's restart.
 */
async function breakOwnLock(plan: SavedPlan, ctx: ToolContext): Promise<boolean> {
  const state = await openState(ctx, plan.state);
  const lock = await state.lock("undo");
  if (lock.taken) {
    await state.unlock(lock.id);
    return false;
  }
  const { Info } = lock.holder;
  if (!Info.includes(ctx.runId) || Info.includes(ctx.attemptId)) return false;
  await state.unlock(lock.holder.ID);
  return lock.holder.Operation.includes("Apply");
}
