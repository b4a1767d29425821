import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineAgent, type AgentSpec } from "../agent.ts";
import { defineRunbook } from "../runbook.ts";
import { defineTool, type ToolContext, type ToolSpec } from "../tool.ts";
import { agentChecks, toolChecks, type World } from "./index.ts";

const Input = z.object({ folder: z.string(), token: z.string() });
const Output = z.object({ text: z.string() });
type Spec = ToolSpec<typeof Input, typeof Output>;

/** Writes a file by a command, as a tool that means well. */
const good: Spec = {
  name: "files.write",
  version: "1.0.0",
  title: "Write a file",
  effect: "changes",
  idempotent: true,
  secrets: ["token"],
  input: Input,
  output: Output,
  preview: async () => ({
    summary: "Writes a file.",
    effect: "changes",
    counts: { add: 1, change: 0, destroy: 0 },
    undo: { possible: true, how: "The file is removed." },
  }),
  run: async ({ folder }, ctx) => {
    await ctx.exec("sh", ["-c", 'test -n "$TOKEN"', "check"], { env: { TOKEN: await ctx.secret("token") } });
    await writeBy(ctx, folder, "done");
    return { text: "done" };
  },
  inspect: async ({ folder }) =>
    (await read(folder)) === "" ? { status: "not_done" } : { status: "done", output: { text: "done" } },
  verify: async ({ folder }) => {
    const actual = await read(folder);
    return { probes: [{ name: "it is there", expected: "done", actual, passed: actual === "done" }] };
  },
  undo: async ({ folder }) => {
    await rm(join(folder, "file"), { force: true });
    return { summary: "Removed the file." };
  },
};

test("a tool that means well passes every check", async () => {
  const names: string[] = [];
  for (const { name, run } of checksOf(good)) {
    await run();
    names.push(name.replace("files.write ", ""));
  }
  expect(names).toHaveLength(8);
});

const wrong: [title: string, check: RegExp, change: Partial<Spec>, said: RegExp][] = [
  ["takes anything", /schemas/, { input: Input.extend({ more: z.unknown() }) }, /lets anything through at \.more/],
  ["takes what JSON can't carry", /schemas/, { input: Input.extend({ at: z.date() }) }, /JSON Schema/],
  ["gives too much", /within limits/, { run: async () => ({ text: "x".repeat(300_000) }) }, /more than 262144/],
  ["fails its own verification", /within limits/, { run: async () => ({ text: "" }) }, /its own verification fails/],
  ["has no preview", /previews/, { preview: undefined as never }, /must have a preview/],
  [
    "does it in its preview",
    /previews/,
    {
      preview: async (input, ctx) => {
        await good.run(input, ctx);
        return good.preview?.(input, ctx) as never;
      },
    },
    /preview changed something/,
  ],
  ["promises an undo", /previews/, { undo: undefined as never }, /promises an undo/],
  ["does more than it declares", /only reads/, { effect: "reads" }, /declared as "reads", and changed something/],
  [
    "isn't idempotent",
    /idempotent/,
    {
      run: async ({ folder }, ctx) => {
        await writeBy(ctx, folder, `${await read(folder)}more`);
        return { text: "" };
      },
    },
    /second run changed something/,
  ],
  [
    "claims what was never begun",
    /tells done/,
    { inspect: async () => ({ status: "done", output: { text: "" } }) },
    /never begun/,
  ],
  [
    "takes half for done",
    /tells done/,
    {
      run: async ({ folder }, ctx) => {
        await writeBy(ctx, folder, "half");
        await writeBy(ctx, folder, "done");
        return { text: "done" };
      },
    },
    /Interrupted after exec of sh, .* is said to be done, and isn't/,
  ],
  ["leaves something at undo", /undoes/, { undo: async () => ({ summary: "Nothing to do." }) }, /something is/],
  [
    "doesn't look whether it was cancelled",
    /stops/,
    {
      run: async ({ folder }) => {
        await writeFile(join(folder, "file"), "done");
        return { text: "done" };
      },
    },
    /cancelled before it began, and ran all the same/,
  ],
  [
    "goes on after it was cancelled",
    /stops/,
    {
      run: async (input, ctx) => {
        await ctx.secret("token");
        void writeLater(input.folder).catch(() => undefined);
        ctx.signal.throwIfAborted();
        return good.run(input, ctx);
      },
    },
    /still changed something|and changed something/,
  ],
  [
    "gives its secret",
    /secrets/,
    { run: async (input) => ({ text: Buffer.from(`user:${input.token}`).toString("base64") }) },
    /in what run gives, in base64 form/,
  ],
  [
    "throws its secret",
    /secrets/,
    {
      run: async (input) => {
        throw new Error(`No answer from https://example.org/?token=${encodeURIComponent(input.token)}`);
      },
    },
    /in the error of run, in URL form/,
  ],
  [
    "puts its secret on a command line",
    /secrets/,
    {
      run: async (input, ctx) => {
        await ctx.exec("true", [Buffer.from(input.token).toString("hex")]);
        return { text: "" };
      },
    },
    /in a command line, .* in hex form/,
  ],
  [
    "logs its secret",
    /secrets/,
    {
      run: async (input, ctx) => {
        ctx.log("Logging in.", { with: input.token });
        return { text: "" };
      },
    },
    /in the logs, in plain form/,
  ],
];

test.each(wrong)("a tool that %s is found out", async (_title, check, change, said) => {
  const found = checksOf({ ...good, ...change }).find(({ name }) => check.test(name));
  await expect(found?.run()).rejects.toThrow(said);
});

const parameters = z.object({ folder: z.string().describe("Where to") });
const runbook = {
  name: "files.write" as const,
  version: "1.0.0",
  title: "Write a file",
  intents: ["write a file"],
  parameters,
  plan: (plan: Parameters<Parameters<typeof defineRunbook>[0]["plan"]>[0], { folder }: z.infer<typeof parameters>) =>
    void plan.step("write", defineTool(good), { folder, token: "" }),
};
const agent = {
  name: "files",
  version: "1.0.0",
  title: "Files",
  instructions: "Writes files.",
  tools: [defineTool(good)],
  runbooks: [defineRunbook(runbook)],
  packageUrl: new URL("../../", import.meta.url).href,
};
let times = 0;

test.each([
  ["a tool of another name", { tools: [defineTool({ ...good, name: "others.write" })] }, /must be named files\.…/],
  ["a packageUrl that isn't its package", { packageUrl: import.meta.url }, /packageUrl must be the folder/],
  [
    "a parameter without description",
    { runbooks: [defineRunbook({ ...runbook, parameters: z.object({ folder: z.string() }) })] },
    /needs a description/,
  ],
  ["a runbook that no goal finds", { runbooks: [defineRunbook({ ...runbook, intents: [] })] }, /needs intents/],
  [
    "a plan that chance makes",
    { runbooks: [defineRunbook({ ...runbook, plan: (plan) => runbook.plan(plan, { folder: String(times++) }) })] },
    /makes another plan each time/,
  ],
  ["a tool that it hasn't", { tools: [] }, /makes no valid plan/],
])("of an agent with wrong %s, that is said", async (_title, change, said) => {
  await expect(checkAgent(change)).rejects.toThrow(said);
});

test("an agent that is whole passes every check", async () => {
  expect(await checkAgent({})).toHaveLength(2);
});

function checkAgent(change: Partial<AgentSpec>): Promise<unknown[]> {
  const example = { parameters: { "files.write": { folder: "/srv" } } };
  return Promise.all(agentChecks(defineAgent({ ...agent, ...change }), example).map(({ run }) => run()));
}

function checksOf(spec: Spec) {
  return toolChecks(defineTool(spec), { world: openFolder });
}

async function openFolder(given: { secrets: Readonly<Record<string, string>> }): Promise<World<z.infer<typeof Input>>> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-conformance-"));
  return {
    input: { folder, token: given.secrets["token"] ?? "" },
    look: () => read(folder),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function read(folder: string): Promise<string> {
  return readFile(join(folder, "file"), "utf8").catch(() => "");
}

async function writeBy(ctx: ToolContext, folder: string, text: string): Promise<void> {
  await ctx.exec("sh", ["-c", 'printf %s "$1" > "$2/file"', "write", text, folder]);
}

async function writeLater(folder: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 10));
  await writeFile(join(folder, "file"), "late");
}
