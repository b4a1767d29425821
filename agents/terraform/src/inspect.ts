import type { Inspection, ToolContext } from "@gantry/sdk";
import { applyTimeoutMs } from "./limits.ts";
import { outputsOf, remainingChanges } from "./apply.ts";
import { countChanges } from "./parse.ts";
import { openRecord } from "./record.ts";
import { openState, sameVersion, versionOf, type LockInfo } from "./state.ts";
import { openSavedPlan, showPlan, type ApplyInput } from "./workspace.ts";

/**
 * What became of an apply whose end nobody saw. Three things tell:
 *
 * - **The lock.** Terraform takes it before its first effect and gives it back after its last write, so a lock that this
 *   attempt still holds means that it is at work, or was killed at work. The platform writes the attempt into the lock.
 * - **The state.** A version later than the one planned for means that something was applied.
 * - **A new plan of the same configuration.** Nothing left to do means that all of it was.
 *
 *     lock                     state       left to do   answer
 *     this attempt, alive      –           –            running
 *     somebody else's          –           –            unknown
 *     this attempt, dead       –           nothing      done
 *     this attempt, dead       –           something    unknown: objects being made when it died may not be recorded
 *     free                     later       nothing      done
 *     free                     later       something    unknown: applied in part (or changed by somebody else since)
 *     free                     unchanged   –            not done
 *
 * Terraform writes its state 20 s apart at most (TF_STATE_PERSIST_INTERVAL only lengthens that) and when it is interrupted or
 * ends; so after a SIGKILL the state may not know the objects of the last seconds, and only "nothing left to do" proves done.
 *
 * The lock is held while looking. That also fences: a backend gives no lock to an attempt of an older fence, so an apply
 * that hasn't taken the lock by now never will.
 */
export async function inspectApply({ plan, ...secrets }: ApplyInput, ctx: ToolContext): Promise<Inspection> {
  const state = await openState(ctx, plan.state);
  let lock = await state.lock("inspect");
  const held = lock.taken ? null : lock.holder;
  if (held !== null) {
    if (!held.Info.includes(ctx.attemptId))
      return {
        status: "unknown",
        detail: `The state "${plan.state}" is locked by ${describeHolder(held)}. Look again when it is free.`,
      };
    if (mayBeAlive(held, ctx)) return { status: "running", detail: `${describeHolder(held)} holds the state's lock.` };
    await (await openRecord(ctx, plan.state)).interrupt(plan);
    await state.unlock(held.ID);
    lock = await state.lock("inspect");
    if (!lock.taken)
      return {
        status: "unknown",
        detail: `The state "${plan.state}" was just locked by ${describeHolder(lock.holder)}.`,
      };
  }
  const { id } = lock as { id: string };
  try {
    const current = await state.read();
    const untouched = sameVersion(plan.prior, versionOf(current));
    if (held === null && untouched) return { status: "not_done" };

    const workspace = await openSavedPlan(ctx, { plan, secrets, folder: "plan" });
    const remaining = await remainingChanges(ctx, workspace, plan, false);
    if (remaining.length > 0) return { status: "unknown", detail: explain(held !== null, untouched, remaining) };
    const shown = await showPlan(ctx, workspace);
    await (await openRecord(ctx, plan.state)).settle(plan);
    return {
      status: "done",
      output: {
        counts: countChanges(shown.resources),
        outputs: outputsOf(current, secrets),
        before: plan.prior,
        after: versionOf(current),
      },
    };
  } finally {
    await state.unlock(id);
  }
}

/** Dead when the platform says so, or when no apply can have lived this long. */
function mayBeAlive(held: LockInfo, ctx: ToolContext): boolean {
  // An earlier inspection that was itself killed left its own lock.
  if (held.Operation === "inspect" || ctx.orphans === "gone") return false;
  const since = Date.parse(held.Created);
  return Number.isNaN(since) || ctx.now() < since + applyTimeoutMs;
}

function explain(killed: boolean, untouched: boolean, remaining: readonly string[]): string {
  const left = remaining.slice(0, 20).join(", ") + (remaining.length > 20 ? ` and ${remaining.length - 20} more` : "");
  if (!killed) return `Applied in part, or changed again since. Still to do: ${left}. Plan again, or undo.`;
  const recorded = untouched ? "nothing of it was recorded" : "only a part of it was recorded";
  return `Terraform was killed while it applied, and ${recorded}. Still to do: ${left}. What was being made at that moment may exist without being in the state: look for it before you plan again or undo.`;
}

function describeHolder({ Who, Operation, Created, Info }: LockInfo): string {
  return [Who, Operation, Info, Created && `since ${Created}`].filter((part) => part !== "").join(", ");
}
