/** Restate: a handler with ten `ctx.run`, served over HTTP/2 to the Restate server. */
import { serve, service, type Context } from "@restatedev/restate-sdk";
import { steps } from "../engine.ts";
import { serveWorker } from "../serve-worker.ts";
import { step } from "../step.ts";

const runs = service({
  name: "runs",
  handlers: {
    run: async (ctx: Context, run: string) => {
      for (let index = 0; index < steps; index += 1) await ctx.run(`s${index}`, () => step(run, index));
    },
  },
});

const port = await serve({ services: [runs], port: Number(process.env["PEERS_PORT"] ?? 0) });
serveWorker({}, port);
