import { defineTool } from "@gantry/sdk";
import type { ToolContext } from "@gantry/sdk";
import { z } from "zod";
import { ReleaseNotFoundError } from "../errors.ts";
import { byOf, ensureHost, findVersion, inspectService, lookAt, lookAtDeployed } from "../host-process.ts";
import type { HostView } from "../host/protocol.ts";
import { Commit, ReleaseId, ServiceName } from "../schemas.ts";
import { describeService, short } from "../versions/describe.ts";
import { gateRelease } from "./gate.ts";

const Release = z.object({ release: ReleaseId, commit: Commit });

/** Gives the traffic to a version, from one request to the next. */
export const switchTraffic = defineTool({
  name: "deploy.switch",
  version: "1.0.0",
  title: "Switch the traffic",
  effect: "changes",
  idempotent: true,
  timeoutMs: 35 * 60_000,
  input: z.object({ service: ServiceName, release: ReleaseId, commit: Commit }),
  output: z.object({ release: ReleaseId, commit: Commit, from: Release.nullable() }),

  async preview({ service, commit }, ctx) {
    const from = activeOf(await lookAt(service, ctx));
    return {
      summary: from
        ? `Switch the traffic of ${service} in ${ctx.environment} from commit ${short(from.commit)} to ${short(commit)}, without losing a request.`
        : `Give the traffic of ${service} in ${ctx.environment} to commit ${short(commit)}; nothing had it before.`,
      effect: "changes",
      counts: { add: 0, change: 1, destroy: 0 },
      touches: [describeService(service, ctx)],
      undo: from
        ? { possible: true, how: `Switch back to ${short(from.commit)} at once, after probing its health.` }
        : { possible: true, how: "Take the traffic away again; the service then answers 503." },
    };
  },

  async run({ service, release, commit }, ctx) {
    const host = await ensureHost(service, null, ctx);
    const before = await host.view();
    if (before.active === release) return { release, commit, from: cameFrom(before, release) };
    const from = activeOf(before);
    await ensureHealthy(service, release, before, ctx);
    await host.switch({ by: byOf(ctx), from: from?.release ?? null, to: release });
    ctx.log(`Traffic of ${service} goes to ${release}`, { from: from?.release ?? null });
    return { release, commit, from };
  },

  async inspect({ service, release, commit }, ctx) {
    const view = await inspectService(service, ctx, (seen) => seen);
    if (view === "running") return { status: "running" };
    if (view?.active !== release) return { status: "not_done" };
    return { status: "done", output: { release, commit, from: cameFrom(view, release) } };
  },

  async undo({ service, release }, output, ctx) {
    const view = await lookAtDeployed(service, ctx);
    const from = output === null ? cameFrom(view, release) : output.from;
    if (view.active === (from?.release ?? null)) return { summary: `The traffic of ${service} was back already.` };
    if (view.active !== release)
      return {
        summary: `${service} was left as it is.`,
        left: [`Release ${String(view.active)} got the traffic since then.`],
      };
    if (from !== null) await ensureHealthy(service, from.release, view, ctx);
    const host = await ensureHost(service, null, ctx);
    await host.switch({ by: byOf(ctx), from: release, to: from?.release ?? null });
    return {
      summary: from
        ? `The traffic of ${service} is back on commit ${short(from.commit)}.`
        : `Nothing has the traffic of ${service} now.`,
    };
  },
});

/** Whatever the plan did before: nothing gets traffic that doesn't answer well now. */
async function ensureHealthy(service: string, release: string, view: HostView, ctx: ToolContext): Promise<void> {
  const version = findVersion(view, release);
  if (version === null) throw new ReleaseNotFoundError(service, `release ${release}`);
  await gateRelease(service, release, { ...version.health, consecutive: 1 }, ctx);
}

function activeOf(view: HostView | null): z.infer<typeof Release> | null {
  return toRelease(view, view?.active ?? null);
}

function cameFrom(view: HostView, release: string): z.infer<typeof Release> | null {
  return toRelease(view, findVersion(view, release)?.switchedFrom ?? null);
}

function toRelease(view: HostView | null, id: string | null): z.infer<typeof Release> | null {
  const version = findVersion(view, id);
  return version === null ? null : { release: version.id, commit: version.commit };
}
