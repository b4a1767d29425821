import { defineTool } from "@gantry/sdk";
import type { ToolContext } from "@gantry/sdk";
import { z } from "zod";
import { byOf, ensureHost, findVersion, inspectService, lookAt, lookAtDeployed } from "../host-process.ts";
import type { HostView, VersionView } from "../host/protocol.ts";
import { Commit, ReleaseId, ServiceName } from "../schemas.ts";
import { gateRelease } from "../traffic/gate.ts";
import { between, describeRelease, short } from "./describe.ts";
import { removeRelease } from "./remove.ts";

/** Stops the versions that no longer have the traffic, once they have answered what they were asked. */
export const retireVersions = defineTool({
  name: "deploy.retire",
  version: "1.0.0",
  title: "Stop the old version",
  effect: "changes",
  idempotent: true,
  timeoutMs: 10 * 60_000,
  input: z.object({
    service: ServiceName,
    /** The one that stays. */
    release: ReleaseId,
    /** How long the old version may take to finish what it is answering; then it is stopped all the same. */
    drainMs: z
      .int()
      .min(0)
      .max(5 * 60_000)
      .default(between.drainMs),
    /** Stopped releases that stay on disk for a quick way back; older ones are removed. */
    keep: z.int().min(1).max(50).default(5),
  }),
  output: z.object({
    retired: z.array(z.object({ release: ReleaseId, commit: Commit })),
    removed: z.array(ReleaseId),
  }),

  async preview({ service, release, keep }, ctx) {
    const old = running(await lookAt(service, ctx), release);
    const names = old.map(({ commit }) => short(commit)).join(", ");
    return {
      summary:
        old.length === 0
          ? `No older version of ${service} runs; nothing to stop.`
          : `Stop ${service} at ${names} once it has answered its last request; the release stays on disk.`,
      effect: "changes",
      counts: { add: 0, change: old.length, destroy: 0 },
      touches: old.map(({ id }) => describeRelease(service, id, ctx)),
      undo: {
        possible: true,
        how: "Start the stopped version again from disk and wait until it is healthy.",
        limits: [`Of stopped releases the last ${keep} are kept.`],
      },
    };
  },

  async run({ service, release, drainMs, keep }, ctx) {
    const host = await ensureHost(service, null, ctx);
    const old = running(await host.view(), release);
    for (const { id } of old) {
      ctx.log(`Stopping release ${id}`);
      await host.stop(id, { by: byOf(ctx), drainMs, graceMs: between.graceMs, retiredFor: release });
    }
    const view = await host.view();
    const retired = view.versions.filter(({ retiredFor }) => retiredFor === release);
    const removed = outdated(view, keep);
    for (const id of removed) await removeRelease(service, id, ctx);
    return { retired: retired.map(({ id, commit }) => ({ release: id, commit })), removed };
  },

  async inspect({ service, release }, ctx) {
    const view = await inspectService(service, ctx, (seen) => seen);
    if (view === "running" || view?.versions.some(({ status }) => status === "stopping")) return { status: "running" };
    if (view === null || running(view, release).length > 0) return { status: "not_done" };
    const retired = view.versions.filter(({ retiredFor }) => retiredFor === release);
    return {
      status: "done",
      output: { retired: retired.map(({ id, commit }) => ({ release: id, commit })), removed: [] },
    };
  },

  async undo({ service, release }, output, ctx) {
    const view = await lookAtDeployed(service, ctx);
    if (view.active !== release)
      return {
        summary: `${service} was left as it is.`,
        left: [`Release ${String(view.active)} got the traffic since then.`],
      };
    // Without an output (the attempt was cut off) the host knows what made way for this release.
    const woken =
      output?.retired.map((each) => each.release) ??
      view.versions.filter(({ retiredFor }) => retiredFor === release).map(({ id }) => id);
    return wakeAll(service, woken, { view, ctx });
  },
});

async function wakeAll(
  service: string,
  ids: readonly string[],
  { view, ctx }: { view: HostView; ctx: ToolContext },
): Promise<{ summary: string; left: string[] }> {
  const host = await ensureHost(service, null, ctx);
  const left: string[] = [];
  const woken: string[] = [];
  for (const id of ids) {
    const version = findVersion(view, id);
    if (version === null) left.push(`Release ${id} is not on this host any more.`);
    else {
      await host.wake(byOf(ctx), id);
      await gateRelease(service, id, version.health, ctx);
      woken.push(id);
    }
  }
  return {
    summary: woken.length === 0 ? "There was no version to start again." : `Started again: ${woken.join(", ")}.`,
    left,
  };
}

function running(view: HostView | null, except: string): VersionView[] {
  return (
    view?.versions.filter(
      ({ id, wanted, status }) => id !== except && (wanted === "running" || status !== "stopped"),
    ) ?? []
  );
}

/** The oldest stopped releases beyond those to keep; never the one that an undo would go back to. */
function outdated(view: HostView, keep: number): string[] {
  const previous = findVersion(view, view.active)?.switchedFrom ?? null;
  const stopped = view.versions.filter(
    ({ id, status }) => status === "stopped" && id !== view.active && id !== previous,
  );
  const spare = keep - (previous === null ? 0 : 1);
  return stopped
    .toSorted((a, b) => b.startedAt - a.startedAt)
    .slice(spare)
    .map(({ id }) => id);
}
