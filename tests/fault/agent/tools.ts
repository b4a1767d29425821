import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { defineTool, type Inspection, type ToolContext } from "@gantry/sdk";
import { z } from "zod";
import { requestOf, tell, type ReportOptions } from "./report.ts";

const Input = z.object({ ledger: z.url(), ms: z.int().min(0) });
type Input = z.infer<typeof Input>;
const Output = z.object({ attempt: z.string() });
const Section = Input.extend({ section: z.string() });

const child = fileURLToPath(new URL("child.mjs", import.meta.url));
const base = { version: "1.0.0", output: Output, timeoutMs: 120_000 };
const preview = async () => ({
  summary: "Writes one line into the ledger.",
  effect: "changes" as const,
  counts: { add: 1, change: 0, destroy: 0 },
  undo: { possible: true, how: "Another line takes it back." },
});

async function report({ ledger, ms }: Input, ctx: ToolContext, options: ReportOptions = {}) {
  if (ms > 0) await delay(ms);
  await tell(ledger, "effect", requestOf(ctx, options));
  return { attempt: ctx.attemptId };
}
async function look({ ledger }: Input, ctx: ToolContext, options: ReportOptions = {}): Promise<Inspection> {
  const { done } = await tell(ledger, "inspect", requestOf(ctx, options));
  return done ? { status: "done", output: { attempt: "inspected" } } : { status: "not_done" };
}
async function undo({ ledger }: Input, _output: unknown, ctx: ToolContext) {
  await tell(ledger, "effect", requestOf(ctx, { operation: "undo", dedup: true }));
  return { summary: "Took the line back." };
}

/** Only looks; may happen any number of times. */
export const read = defineTool({
  ...base,
  name: "fault.read",
  title: "Read",
  effect: "reads",
  input: Input,
  run: async ({ ms }, ctx) => {
    if (ms > 0) await delay(ms);
    return { attempt: ctx.attemptId };
  },
});

/** Knows idempotency keys, so it is tried again when its outcome is unknown. */
export const charge = defineTool({
  ...base,
  name: "fault.charge",
  title: "Charge",
  effect: "changes",
  idempotent: true,
  input: Input,
  preview,
  run: (input, ctx) => report(input, ctx, { dedup: true }),
  undo,
});

/** Can be inspected. */
export const place = defineTool({
  ...base,
  name: "fault.place",
  title: "Place",
  effect: "changes",
  input: Input,
  preview,
  run: (input, ctx) => report(input, ctx),
  inspect: (input, ctx) => look(input, ctx),
  verify: async () => ({ probes: [{ name: "placed", expected: "yes", actual: "yes", passed: true }] }),
  undo,
});

/** Neither: when nobody saw its end, only a person can say what became of it. */
export const fire = defineTool({
  ...base,
  name: "fault.fire",
  title: "Fire",
  effect: "changes",
  input: Input,
  run: (input, ctx) => report(input, ctx),
});

/** Only one at a time may be in its section. */
export const exclusive = defineTool({
  ...base,
  name: "fault.exclusive",
  title: "Work in a section",
  effect: "changes",
  input: Section,
  run: async (input, ctx) => {
    const { ledger, section, ms } = input;
    await tell(ledger, "enter", requestOf(ctx, { section }));
    await delay(ms);
    await tell(ledger, "effect", requestOf(ctx, { section }));
    await tell(ledger, "leave", requestOf(ctx, { section }));
    return { attempt: ctx.attemptId };
  },
  inspect: (input, ctx) => look(input, ctx, { section: input.section }),
});

const exec = async ({ ledger, ms }: Input, ctx: ToolContext) => {
  await ctx.exec("node", [child, ledger, String(ms), JSON.stringify(requestOf(ctx))], { readable: [child] });
  return { attempt: ctx.attemptId };
};

/** A long command that outlives its worker; the next one on this host goes on with it. */
export const adopted = defineTool({
  ...base,
  name: "fault.adopted",
  title: "Long command, adopted",
  effect: "changes",
  resumable: true,
  onWorkerLoss: "continue",
  input: Input,
  run: exec,
});

/** A long command that is ended with its worker, then inspected. */
export const inspected = defineTool({
  ...base,
  name: "fault.inspected",
  title: "Long command, inspected",
  effect: "changes",
  onWorkerLoss: "continue",
  input: Input,
  run: exec,
  inspect: (input, ctx) => look(input, ctx),
});

export const fail = defineTool({
  ...base,
  name: "fault.fail",
  title: "Fail",
  effect: "reads",
  input: Input,
  run: () => Promise.reject(new Error("This step always fails.")),
});

/** Takes its worker with it whenever it runs. */
export const poison = defineTool({
  ...base,
  name: "fault.poison",
  title: "Kill the worker",
  effect: "reads",
  input: Input,
  run: () => {
    process.kill(process.pid, "SIGKILL");
    return new Promise<never>(() => {});
  },
});

/** Writes as much as it is told into its working directory and into an artifact. */
export const fill = defineTool({
  ...base,
  name: "fault.fill",
  title: "Write a lot",
  effect: "drafts",
  retry: { attempts: 20, initialMs: 500, factor: 1, maxMs: 500 },
  input: Input.extend({ bytes: z.int() }),
  run: async ({ bytes }, ctx) => {
    await ctx.exec("node", ["-e", `require("fs").writeFileSync("filled", Buffer.alloc(${bytes}, 1))`]);
    await ctx.artifact("filled", Buffer.alloc(bytes, ctx.attemptId), "application/octet-stream");
    return { attempt: ctx.attemptId };
  },
});
