import type { McpServer, ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";
import { Uuid } from "../../api/common.ts";
import type { RunDetail, Waiting } from "../../api/runs.ts";
import { FinalStatus } from "../../events.ts";
import type { McpDeps } from "../deps.ts";
import { briefRun, RunBrief } from "./run-brief.ts";
import { tool } from "./tool.ts";

/** Waits that end by themselves; the others wait for somebody. */
const passing: readonly Waiting["on"][] = ["time", "child", "slot", "limit"];

const Patience = z.object({ run: Uuid, seconds: z.int().min(1).max(600).default(50) });

const Waited = z.object({ because: z.enum(["ended", "needs_person", "time"]), run: RunBrief });

export function waitTool(server: McpServer, deps: McpDeps): void {
  tool(server, {
    name: "run_wait",
    title: "Wait for a run",
    description:
      "Follow a run until it ends, until it waits for a person (an approval, a signal, somebody to settle a step), or until the time is over. " +
      "Its progress is reported meanwhile; canceling this call cancels nothing of the run.",
    effect: "reads",
    input: Patience,
    output: Waited,
    run: async ({ run: id, seconds }, context) => {
      const signal = AbortSignal.any([context.mcpReq.signal, AbortSignal.timeout(seconds * 1_000)]);
      let run = await deps.client.runs.get(id);
      for await (const item of settledBy(run) === null ? deps.client.runs.follow(id, { after: run.seq, signal }) : []) {
        // Several events come at once, and what was read holds them all.
        if (item.kind !== "event" || item.event.seq <= run.seq) continue;
        run = await deps.client.runs.get(id);
        await report(context, run);
        if (settledBy(run) !== null) break;
      }
      context.mcpReq.signal.throwIfAborted();
      return { because: settledBy(run) ?? ("time" as const), run: briefRun(deps, run) };
    },
  });
}

function settledBy({ status, waiting }: RunDetail): "ended" | "needs_person" | null {
  if (FinalStatus.safeParse(status).success) return "ended";
  return status === "needs_attention" || (waiting !== null && !passing.includes(waiting.on)) ? "needs_person" : null;
}

async function report({ mcpReq }: ServerContext, { seq, status, steps }: RunDetail): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  const settled = steps.filter((step) => step.status === "succeeded" || step.status === "skipped").length;
  const message = `${status}: ${settled} of ${steps.length} steps`;
  // By number of the event: it always grows, which steps done don't once they are undone.
  await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress: seq, message } });
}
