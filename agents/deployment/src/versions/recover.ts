import { defineTool } from "@gantry/sdk";
import { z } from "zod";
import { ensureHost, findVersion, lookAtDeployed } from "../host-process.ts";
import { ReleaseId, ServiceName } from "../schemas.ts";
import { describeService } from "./describe.ts";

/** Starts a service's host process where it is missing (the machine was restarted): what ran before runs again. */
export const recoverService = defineTool({
  name: "deploy.recover",
  version: "1.0.0",
  title: "Bring the service back as it was",
  effect: "changes",
  idempotent: true,
  input: z.object({ service: ServiceName }),
  output: z.object({ active: ReleaseId.nullable(), running: z.boolean() }),

  async preview({ service }, ctx) {
    const view = await lookAtDeployed(service, ctx);
    return {
      summary:
        view.pid === 0
          ? `Start ${service} in ${ctx.environment} again as it was.`
          : `${service} in ${ctx.environment} runs; nothing to do.`,
      effect: view.pid === 0 ? "changes" : "reads",
      counts: { add: 0, change: view.pid === 0 ? 1 : 0, destroy: 0 },
      touches: [describeService(service, ctx)],
      undo: { possible: false, how: "There is nothing to go back to: the service was down." },
    };
  },

  async run({ service }, ctx) {
    const host = await ensureHost(service, null, ctx);
    const view = await host.view();
    return { active: view.active, running: findVersion(view, view.active)?.status === "running" };
  },
});
