import { McpServer as FormerServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  joinAs,
  openVisits,
  picture,
  type Visits,
} from "../support/browser.ts";
import type { Installation } from "../support/installation.ts";
import { startFormerMcp } from "../support/mcp/former-server.ts";
import type { ModelServer } from "../support/models/server.ts";
import { startThinkingInstallation, type ThinkingInstallation } from "../support/thinking-installation.ts";

/** The platform with its real assistant; only the model behind the socket follows a script. */
let thinking: ThinkingInstallation;
let gantry: Installation;
let visits: Visits;
let model: ModelServer;
let page: Page;

beforeAll(async () => {
  thinking = await startThinkingInstallation(["@gantry/agent-check", "@gantry/agent-assistant"]);
  ({ gantry, model } = thinking);
  visits = await openVisits(gantry.url, () => Promise.reject(new Error("Nobody joins here but by the browser.")));
  page = await visits.openLink(thinking.link);
  await joinAs(page, "Operator", "operator@example.com");
  await page.waitForURL(/\/onboarding$/);
});
afterAll(async () => {
  await visits?.[Symbol.asyncDispose]();
  await thinking?.[Symbol.asyncDispose]();
});

const goTo = (path: string) => page.goto(new URL(path, page.url()).href);
const calls = (name: string, input: object) => ({ toolCalls: [{ id: "c1", name, input }] });
const answers = { text: JSON.stringify({ answer: "Then it is clear.", citations: [] }) };

async function start(question: object): Promise<string> {
  model.script(calls("person__ask", question), answers);
  const { id } = await gantry.client.runs.create({
    runbook: "assistant.ask",
    parameters: { question: "Where does the shop run?" },
    environment: "dev",
  });
  return id;
}

async function succeeds(run: string): Promise<void> {
  await expect.poll(async () => (await gantry.client.runs.get(run)).status).toBe("succeeded");
}

test("a question comes to the start page by itself and is answered there", async () => {
  await goTo("/");
  await page.getByText("Nothing waits for you.").waitFor();
  const run = await start({
    question: "Which <b>region</b>?",
    answer: "choice",
    choices: ["eu-central-1", "us-east-1"],
  });
  await page.getByText("Which <b>region</b>?").waitFor();
  await page.getByRole("button", { name: "Answer" }).click();
  await page.getByText("Fill this in.").waitFor();
  await page.getByLabel("Answer", { exact: true }).selectOption({ label: "us-east-1" });
  await expectAccessible(page);
  await picture(page, "question");
  await page.getByRole("button", { name: "Answer" }).click();
  await page.getByText("Which <b>region</b>?").waitFor({ state: "detached" });
  await succeeds(run);
  expect(JSON.stringify(model.questions.at(-1)?.body)).toContain(String.raw`\"answer\":\"us-east-1\"`);
});

test("approvals list it too, with what was asked for as the form, also on a phone", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  const run = await start({ question: "May it be slow tonight?", answer: "yes_no" });
  await goTo("/approvals");
  await page.getByText("May it be slow tonight?").waitFor();
  await page.getByRole("tab", { name: /^For you\s*1$/ }).waitFor();
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  await page.getByRole("button", { name: "No", exact: true }).click();
  await page.getByText("Nothing waits for you.").waitFor();
  await succeeds(run);
  expect(JSON.stringify(model.questions.at(-1)?.body)).toContain(String.raw`\"answer\":false`);
  await page.setViewportSize({ width: 1440, height: 900 });
});

test("the page of the run shows what it asks, and that somebody else was first", async () => {
  const run = await start({ question: "How many copies?", answer: "number" });
  await goTo(`/runs/${run}`);
  await page.getByText("How many copies?").waitFor();
  await page.getByLabel("Answer", { exact: true }).fill("many");
  await page.getByRole("button", { name: "Answer" }).click();
  await page.getByText("This must be a number.").waitFor();
  const [question] = (await gantry.client.questions.list({ run })).items;
  await gantry.client.questions.answer(question?.id ?? "", 3);
  await page.getByText("How many copies?").waitFor({ state: "detached" });
  await succeeds(run);
  expect(JSON.stringify(model.questions.at(-1)?.body)).toContain(String.raw`\"answer\":3`);
});

test("what an MCP server asks while its call is under way is a form on the run's page, in the server's own words, and may be declined", async () => {
  const told: unknown[] = [];
  await using server = await startFormerMcp(() => {
    const made = new FormerServer({ name: "tracker", version: "1.0.0" });
    made.registerTool("file", { description: "File an issue." }, async () => {
      const choices = ["shop", "blog"].map((one) => ({ const: one, title: `The ${one}` }));
      const properties = {
        project: { type: "string" as const, title: "Project", oneOf: choices },
        urgent: { type: "boolean" as const, title: "Urgent" },
      };
      const requestedSchema = { type: "object" as const, properties, required: ["project"] };
      told.push(await made.server.elicitInput({ message: "Which <b>project</b>?", requestedSchema }));
      return { content: [{ type: "text", text: "Done." }] };
    });
    return made;
  });
  const { client } = gantry;
  await client.mcpServers.put("tracker", { transport: "http", url: server.url });
  await client.mcpServers.test("tracker");
  const [tool] = (await client.mcpServers.tools("tracker")).items;
  await client.mcpServers.approve("tracker", {
    tools: [{ name: "file", digest: tool?.digest ?? "", effect: "reads" }],
  });
  const step = { id: "tell", kind: "tool", agent: "mcp", tool: "mcp.tracker.file", input: {}, after: [] };
  const plan = {
    format: 1,
    goal: "Tell them",
    runbook: null,
    parameters: {},
    environment: "dev",
    steps: [step],
    tools: [],
  };
  const begin = () => client.runs.create({ plan: { ...plan, onFailure: "stop" } } as never);

  const first = await begin();
  await goTo(`/runs/${first.id}`);
  await page.getByText(/The MCP server tracker asks this.*Its own words: Which <b>project<\/b>\?/).waitFor();
  await page.getByLabel("Project").selectOption({ label: "The shop" });
  await expectAccessible(page);
  await picture(page, "question-of-mcp-server");
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  await succeeds(first.id);
  const second = await begin();
  await goTo(`/runs/${second.id}`);
  await page.getByRole("button", { name: "Give no answer" }).click();
  await succeeds(second.id);
  expect(told).toMatchObject([{ action: "accept", content: { project: "shop" } }, { action: "decline" }]);
});

test("people note something for agents, vouch for what agents noted, and remove it", async () => {
  const look = { url: `${gantry.url}/api/v1/me`, status: 401, timeoutMs: 0 };
  const note = { kind: "lesson", text: "Releases fail on Mondays.", source: 1 };
  model.script(calls("check__http", look), calls("memory__remember", note), answers);
  const { id } = await gantry.client.runs.create({
    runbook: "assistant.ask",
    parameters: { question: "When do releases fail?" },
    environment: "dev",
  });
  await succeeds(id);
  await goTo("/settings/memory");
  await page.getByRole("button", { name: "Releases fail on Mondays." }).click();
  const panel = page.getByRole("dialog");
  await panel.getByText("by nobody").waitFor();
  await panel.getByRole("button", { name: "Vouch for it", exact: true }).click();
  await panel.getByText("Pinned by").waitFor();
  expect((await gantry.client.memories.list()).items).toMatchObject([{ vouched: true }]);
  await expectAccessible(page);
  await picture(page, "settings-memory");
  await panel.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog", { name: "Remove this note?" }).getByRole("button", { name: "Remove" }).click();
  await page.getByText("Nothing is noted there.").waitFor();

  await page.getByRole("button", { name: "New note" }).click();
  await page.getByLabel("What to know").fill("Releases are on Tuesdays.");
  await page.getByRole("button", { name: "Note it" }).click();
  await page.getByRole("button", { name: "Releases are on Tuesdays." }).waitFor();
  expect((await gantry.client.memories.list()).items).toMatchObject([
    { text: "Releases are on Tuesdays.", kind: "fact", vouched: true, agent: null },
  ]);
});
