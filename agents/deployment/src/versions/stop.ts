import { defineTool } from "@gantry/sdk";
import { z } from "zod";
import { byOf, ensureHost, findVersion, inspectService, lookAtDeployed } from "../host-process.ts";
import { ReleaseId, ServiceName } from "../schemas.ts";
import { gateRelease } from "../traffic/gate.ts";
import { between, describeService } from "./describe.ts";

/** Stops a service altogether and frees its port. Its releases stay on disk. */
export const stopService = defineTool({
  name: "deploy.stop",
  version: "1.0.0",
  title: "Stop the service",
  effect: "destroys",
  idempotent: true,
  input: z.object({ service: ServiceName }),
  output: z.object({ stopped: ReleaseId.nullable() }),

  async preview({ service }, ctx) {
    const view = await lookAtDeployed(service, ctx);
    return {
      summary: `Stop ${service} in ${ctx.environment}: port ${view.port} answers nobody any more. Releases and data stay on disk.`,
      effect: "destroys",
      counts: { add: 0, change: 0, destroy: 1 },
      touches: [describeService(service, ctx), `port ${view.address}:${view.port}`],
      undo: {
        possible: true,
        how: "Start the release that had the traffic and give it back.",
        limits: ["Requests made meanwhile are lost."],
      },
    };
  },

  async run({ service }, ctx) {
    const view = await lookAtDeployed(service, ctx);
    const host = await ensureHost(service, null, ctx);
    await host.shutdown({ by: byOf(ctx), ...between });
    return { stopped: view.active };
  },

  async inspect({ service }, ctx) {
    const view = await inspectService(service, ctx, (seen) => seen);
    if (view === "running") return { status: "running" };
    if (view === null || view.pid !== 0 || view.active !== null) return { status: "not_done" };
    return { status: "done", output: { stopped: view.stoppedFrom } };
  },

  async undo({ service }, output, ctx) {
    const view = await lookAtDeployed(service, ctx);
    const release = output?.stopped ?? view.stoppedFrom;
    const version = findVersion(view, release);
    if (view.active !== null) return { summary: `${service} runs already.` };
    if (release === null || version === null) return { summary: `Nothing of ${service} had the traffic.`, left: [] };
    const host = await ensureHost(service, null, ctx);
    await host.wake(byOf(ctx), release);
    await gateRelease(service, release, version.health, ctx);
    await host.switch({ by: byOf(ctx), from: null, to: release });
    return { summary: `${service} runs again at release ${release}.` };
  },
});
