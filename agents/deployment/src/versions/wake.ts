import { defineTool } from "@gantry/sdk";
import { z } from "zod";
import { byOf, endIdleHost, ensureHost, findVersion, inspectService, lookAtDeployed } from "../host-process.ts";
import { Commit, ReleaseId, ServiceName } from "../schemas.ts";
import { between, describeRelease, short } from "./describe.ts";

/** Starts a release that is still on disk. */
export const wakeVersion = defineTool({
  name: "deploy.wake",
  version: "1.0.0",
  title: "Start an earlier release again",
  effect: "changes",
  idempotent: true,
  timeoutMs: 5 * 60_000,
  input: z.object({ service: ServiceName, release: ReleaseId, commit: Commit }),
  output: z.object({ release: ReleaseId, commit: Commit }),

  async preview({ service, release, commit }, ctx) {
    return {
      summary: `Start ${service} at commit ${short(commit)} in ${ctx.environment} again, from disk; it gets no traffic yet.`,
      effect: "changes",
      counts: { add: 1, change: 0, destroy: 0 },
      touches: [describeRelease(service, release, ctx)],
      undo: { possible: true, how: "Stop it again." },
    };
  },

  async run({ service, release, commit }, ctx) {
    const host = await ensureHost(service, null, ctx);
    await host.wake(byOf(ctx), release);
    return { release, commit };
  },

  async inspect({ service, release, commit }, ctx) {
    const version = await inspectService(service, ctx, (view) => findVersion(view, release));
    if (version === "running") return { status: "running" };
    return version?.wanted === "running" ? { status: "done", output: { release, commit } } : { status: "not_done" };
  },

  async undo({ service, release }, _output, ctx) {
    const view = await lookAtDeployed(service, ctx);
    if (view.active === release)
      return {
        summary: `${service} was left as it is.`,
        left: [`Release ${release} has the traffic and was left running.`],
      };
    const host = await ensureHost(service, null, ctx);
    await host.stop(release, { by: byOf(ctx), ...between, retiredFor: null });
    await endIdleHost(service, ctx);
    return { summary: `Release ${release} of ${service} was stopped.` };
  },
});
