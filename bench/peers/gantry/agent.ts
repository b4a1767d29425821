import { defineAgent, defineRunbook, defineTool } from "@gantry/sdk";
import { z } from "zod";
import { steps } from "../engine.ts";
import { doneOutput, isDone, step } from "../step.ts";

const Input = z.object({ index: z.int(), before: z.string().nullable() });
const Output = z.object({ text: z.string(), before: z.string() });

const base = { version: "1.0.0", input: Input, output: Output };

/** May be done again, as every step of the peers may. */
const repeat = defineTool({
  ...base,
  name: "peers.repeat",
  title: "Do a step that may be repeated",
  effect: "reads",
  run: ({ index }, { runId }) => step(runId, index),
});

/** Changes the world and can say whether it did. */
const change = defineTool({
  ...base,
  name: "peers.change",
  title: "Do a step that must not be repeated",
  effect: "changes",
  run: ({ index }, { runId }) => step(runId, index),
  inspect: async ({ index }, { runId }) =>
    (await isDone(runId, index)) ? { status: "done", output: doneOutput } : { status: "not_done" },
});

const runbook = (name: `peers.${string}`, tool: typeof repeat) =>
  defineRunbook({
    name,
    version: "1.0.0",
    title: "Ten steps in a row",
    parameters: z.object({}),
    plan: (plan) => {
      let last = plan.step("s0", tool, { index: 0, before: null });
      for (let index = 1; index < steps; index += 1)
        last = plan.step(`s${index}`, tool, { index, before: last.output.text });
    },
  });

export const agent = defineAgent({
  name: "peers",
  version: "1.0.0",
  title: "Peers",
  instructions: "Does the steps that every engine is measured with.",
  tools: [repeat, change],
  runbooks: [runbook("peers.repeat", repeat), runbook("peers.change", change)],
  packageUrl: new URL(".", import.meta.url).href,
});
