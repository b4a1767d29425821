import { createPlanBuilder, defineAgent, defineTool, type Step } from "@gantry/sdk";
import { z } from "zod";

const Text = z.object({ text: z.string(), before: z.string().nullable() });

/** The least that a tool can do: what remains is the engine's own work. */
const echo = defineTool({
  name: "bench.echo",
  version: "1.0.0",
  title: "Give back the input",
  effect: "reads",
  input: Text,
  output: Text,
  run: async (input) => input,
});

export const benchAgent = defineAgent({
  name: "bench",
  version: "1.0.0",
  title: "Bench",
  instructions: "Measures the engine.",
  tools: [echo],
  runbooks: [],
  packageUrl: new URL(".", import.meta.url).href,
});

/** So many steps, each with the output of the one before in its input. */
export function sequence(steps: number): Step[] {
  const plan = createPlanBuilder("dev");
  const text = "x".repeat(64);
  let last = plan.step("s0", echo, { text, before: null });
  for (let index = 1; index < steps; index += 1)
    last = plan.step(`s${index}`, echo, { text, before: last.output.text });
  return plan.steps;
}

/** Waits for the signal `go`, then does one step. */
export function waiting(): Step[] {
  const plan = createPlanBuilder("dev");
  const wait = plan.wait("wait", { kind: "signal", name: "go" });
  plan.step("last", echo, { text: "done", before: null }, { after: [wait] });
  return plan.steps;
}

/** One step for each of so many items, as many at once as the worker carries out. */
export function loopOver(items: number): Step[] {
  const plan = createPlanBuilder("dev");
  const list = Array.from({ length: items }, (_, index) => `item ${index}`);
  plan.each("each", list, echo, (item) => ({ text: item, before: null }), { parallel: 100 });
  return plan.steps;
}
