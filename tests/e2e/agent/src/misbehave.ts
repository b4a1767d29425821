import { defineTool, Json } from "@gantry/sdk";
import { z } from "zod";

/** Gives back whatever it is given. */
export const echo = defineTool({
  name: "e2e.echo",
  version: "1.0.0",
  title: "Give back the input",
  effect: "reads",
  input: z.object({ value: Json }),
  output: z.object({ value: Json }),
  run: async (input) => input,
});

/** Runs any command, so that a test can write one that misbehaves. */
export const execute = defineTool({
  name: "e2e.execute",
  version: "1.0.0",
  title: "Run a command",
  effect: "reads",
  input: z.object({
    command: z.string(),
    args: z.array(z.string()),
    timeoutMs: z.int().optional(),
    graceMs: z.int().optional(),
  }),
  output: z.object({ stdout: z.string(), durationMs: z.number() }),
  run: async ({ command, args, timeoutMs, graceMs }, ctx) => {
    const { stdout, durationMs } = await ctx.exec(command, args, {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(graceMs === undefined ? {} : { graceMs }),
    });
    return { stdout, durationMs };
  },
});

/** Needs a program that a worker may not have, may have in an old version, or may get another version of. */
export const useProgram = defineTool({
  name: "e2e.use",
  version: "1.0.0",
  title: "Use a program",
  effect: "changes",
  input: z.object({}),
  output: z.object({ said: z.string() }),
  binaries: [{ anyOf: ["e2e-program"], minimum: "2.0.0", install: "Put e2e-program 2 or newer on the PATH." }],
  run: async (_input, ctx) => ({ said: (await ctx.exec("e2e-program", ["go"])).stdout }),
});

/** More destruction than policy lets anybody approve. */
export const demolish = defineTool({
  name: "e2e.demolish",
  version: "1.0.0",
  title: "Demolish",
  effect: "destroys",
  input: z.object({}),
  output: z.object({}),
  preview: async () => ({
    summary: "Demolishes 51 things.",
    effect: "destroys",
    counts: { add: 0, change: 0, destroy: 51 },
    undo: { possible: false, how: "What is gone is gone." },
  }),
  run: async () => ({}),
});
