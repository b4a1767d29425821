import { McpServer as FormerServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { acceptedContent, inputRequired, inputResponse } from "@modelcontextprotocol/server";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { createTestCli, type TestCli } from "../support/cli.ts";
import { createInstallation, type Installation } from "../support/installation.ts";
import { startFormerMcp } from "../support/mcp/former-server.ts";
import { said, startScriptedMcp, type ScriptedMcp, type ScriptedTool } from "../support/mcp/server.ts";
import { startModelServer, type ModelServer } from "../support/models/server.ts";

/** What the servers ask: the same in both revisions. */
const message = "Which project?\u{1b}[2J\u{E0041}";
const requestedSchema = {
  type: "object" as const,
  properties: {
    project: { type: "string" as const, enum: ["shop", "blog"], title: "Project" },
    urgent: { type: "boolean" as const, default: false },
  },
  required: ["project"],
};

let filed: unknown[];
/** Asks which project before it files anything, and remembers what for in the state that it is told again. */
const file: ScriptedTool = {
  description: "File an issue.",
  input: z.object({ title: z.string() }),
  run: ({ title }, { mcpReq }) => {
    const given = inputResponse(mcpReq.inputResponses, "project");
    if (given.kind === "missing")
      return inputRequired({
        inputRequests: { project: inputRequired.elicit({ message, requestedSchema }) },
        requestState: `for ${String(title)}`,
      });
    const content = acceptedContent(
      mcpReq.inputResponses,
      "project",
      z.object({ project: z.string(), urgent: z.boolean() }),
    );
    const action = given.kind === "elicit" ? given.action : null;
    filed.push({ title, action, content, state: mcpReq.requestState() });
    return said(action === "accept" ? `Filed in ${content?.project ?? ""}` : "Nothing was filed.");
  },
};

let tracker: ScriptedMcp;
let model: ModelServer;
let former: Awaited<ReturnType<typeof startFormerMcp>>;
let gantry: Installation;
let cli: TestCli;
let worker: Awaited<ReturnType<Installation["start"]>>;
beforeAll(async () => {
  [tracker, model, former, gantry] = await Promise.all([
    startScriptedMcp({ file }),
    startModelServer(),
    startFormerMcp(formerServer),
    createInstallation({ GANTRY_AGENTS: "@gantry/agent-assistant", GANTRY_OUTGOING_ALLOW: "127.0.0.0/8" }),
  ]);
  await gantry.start("api");
  worker = await gantry.start("worker");
  cli = await createTestCli({ url: gantry.url, key: gantry.key });
  await add("tracker", tracker.url, "changes");
  await add("former", former.url, "changes");
});
afterAll(async () => {
  await cli?.[Symbol.asyncDispose]();
  await gantry?.[Symbol.asyncDispose]();
  await former?.[Symbol.asyncDispose]();
  await model?.[Symbol.asyncDispose]();
  await tracker?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  filed = [];
});

function formerServer(): FormerServer {
  const server = new FormerServer({ name: "former", version: "1.0.0" });
  const config = { description: "File an issue.", inputSchema: { title: z.string() } };
  server.registerTool(
    "file",
    config as never,
    (async ({ title }: { title: string }) => {
      const { action, content } = await server.server.elicitInput({ message, requestedSchema }, { timeout: 300_000 });
      filed.push({ title, action, content });
      return { content: [{ type: "text", text: action === "accept" ? "Filed." : "Nothing was filed." }] };
    }) as never,
  );
  return server;
}

async function add(name: string, address: string, effect: string): Promise<void> {
  const run = async (...command: string[]) => {
    const { code, stdout, stderr } = await cli.run(["mcp", ...command]);
    if (code !== 0) throw new Error(stdout + stderr);
  };
  await run("add", name, "--address", address);
  await run("test", name);
  const [tool] = (await gantry.client.mcpServers.tools(name)).items;
  await run("approve", name, `file@${tool?.digest ?? ""}`, "--effect", effect);
}

async function start(tool: string): Promise<string> {
  const steps = [{ id: "tell", kind: "tool", agent: "mcp", tool, input: { title: "Disk full" }, after: [] }];
  const plan = { format: 1, goal: "Tell them", runbook: null, parameters: {}, environment: "dev", steps, tools: [] };
  const { id } = await gantry.client.runs.create({ plan: { ...plan, onFailure: "stop" } } as never);
  return id;
}
async function asked(run: string) {
  const open = async () => (await gantry.client.questions.list({ run })).items;
  await expect.poll(async () => (await open()).length).toBe(1);
  const [one] = await open();
  return one as NonNullable<typeof one>;
}
const ends = async (id: string) => {
  const status = () => gantry.client.runs.get(id).then((one) => one.status);
  await expect.poll(status).toMatch(/^(succeeded|failed)$/);
  return gantry.client.runs.get(id);
};

test("what a server asks in the middle of a call waits for a person, without a worker, and the call goes on where it was", async () => {
  const id = await start("mcp.tracker.file");
  const question = await asked(id);
  expect(question).toMatchObject({ run: id, step: "tell", agent: "mcp", group: null, mine: true });
  expect(question.text).toBe(
    "The MCP server tracker asks this while file runs, and is sent the answer. Its own words: Which project?",
  );
  const shown = await cli.run(["questions", "show", question.id]);
  expect(shown.stderr).toContain("project (string, required, of shop, blog): Project");
  expect(shown.stderr).toContain("urgent (boolean, false unless told)");
  await expect.poll(async () => (await gantry.client.runs.get(id)).waiting).toMatchObject({ on: "person" });
  await worker.stop();
  worker = await gantry.start("worker");
  const calls = tracker.calls.length;

  for (const wrong of ['{"project": "elsewhere"}', "shop", '{"project": "shop", "more": 1}'])
    expect((await cli.run(["answer", question.id, wrong])).code).not.toBe(0);
  expect(await cli.run(["answer", question.id, '{"project": "shop"}'])).toMatchObject({ code: 0 });
  expect(await ends(id)).toMatchObject({ status: "succeeded", steps: [{ output: { text: "Filed in shop" } }] });
  // Asked once, and told again what it wanted to be told; what nobody said is as the form proposes.
  expect(filed).toEqual([
    { title: "Disk full", action: "accept", content: { project: "shop", urgent: false }, state: "for Disk full" },
  ]);
  expect(tracker.calls.length - calls).toBe(1);
});

test("a person may decline, and the server is told that", async () => {
  const id = await start("mcp.tracker.file");
  const { id: question } = await asked(id);
  expect(await cli.run(["answer", question, "--decline"])).toMatchObject({ code: 0 });
  expect(await ends(id)).toMatchObject({ status: "succeeded", steps: [{ output: { text: "Nothing was filed." } }] });
  expect(filed).toMatchObject([{ action: "decline" }]);
});

test("a server of 2025-11-25 waits with its call open, and is answered in it", async () => {
  const id = await start("mcp.former.file");
  const question = await asked(id);
  expect(question.text).toMatch(/^The MCP server former asks this while file runs/);
  // It can't be asked anew, so it is asked for no longer than the call may take.
  expect(Date.parse(question.expiresAt) - Date.parse(question.askedAt)).toBeLessThanOrEqual(600_000);
  expect(filed).toEqual([]);
  expect(await cli.run(["answer", question.id, '{"project": "blog", "urgent": true}'])).toMatchObject({ code: 0 });
  expect(await ends(id)).toMatchObject({ status: "succeeded", steps: [{ output: { text: "Filed." } }] });
  expect(filed).toEqual([{ title: "Disk full", action: "accept", content: { project: "blog", urgent: true } }]);
  expect(former.sessions.size).toBe(0);
  // Whoever followed the run in a terminal was told.
  expect((await cli.run(["runs", "watch", id])).stderr).toContain("tell: asks people: gantry questions list");
});

test("a tool that an agent calls while it thinks asks people, never the model", async () => {
  await add("tracker", tracker.url, "reads");
  const { client } = gantry;
  await client.secrets.put("model-key", "the-very-secret-key");
  await client.connections.put("scripted", {
    kind: "model",
    settings: { provider: "compatible", url: `${model.url}/v1`, models: "scripted" },
    secrets: { key: "model-key" },
  });
  model.script(
    { toolCalls: [{ id: "call_1", name: "mcp__tracker__file", input: { title: "Disk full" } }] },
    { text: JSON.stringify({ answer: "It is filed.", citations: [] }) },
  );
  const question = { question: "Can you file it?" };
  const { id } = await client.runs.create({ runbook: "assistant.ask", environment: "dev", parameters: question });
  const open = await asked(id);
  expect(open).toMatchObject({ run: id, agent: "mcp" });
  expect(model.questions).toHaveLength(1);
  expect(await cli.run(["answer", open.id, '{"project": "shop"}'])).toMatchObject({ code: 0 });
  expect(await ends(id)).toMatchObject({ status: "succeeded" });
  expect(filed).toMatchObject([{ action: "accept", content: { project: "shop", urgent: false } }]);
});
