import { readFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { RunEvent } from "@gantry/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Installation, PlatformProcess } from "../support/installation.ts";
import type { ModelServer } from "../support/models/server.ts";
import { startThinkingInstallation, type ThinkingInstallation } from "../support/thinking-installation.ts";

const lead = pathToFileURL(fileURLToPath(new URL("lead-agent/src/index.ts", import.meta.url))).href;
let thinking: ThinkingInstallation;
let model: ModelServer;
let gantry: Installation;
let worker: PlatformProcess;

beforeAll(async () => {
  thinking = await startThinkingInstallation(["@gantry/agent-assistant", lead], { workerApart: true });
  ({ gantry, model, worker } = thinking);
});
afterAll(() => thinking?.[Symbol.asyncDispose]());

const says = (answer: string) => ({ text: JSON.stringify({ answer, citations: [] }) });
const calls = (name: string, input: object) => ({ toolCalls: [{ id: "call_1", name, input }] });
const bodies = (): string[] => model.questions.map(({ body }) => JSON.stringify(body));

async function ended(
  runbook: string,
  parameters: Record<string, string>,
): Promise<{ status: string; events: readonly RunEvent[] }> {
  const { id } = await gantry.client.runs.create({ runbook, environment: "dev", parameters });
  const over = ["succeeded", "failed"];
  await expect.poll(async () => over.includes((await gantry.client.runs.get(id)).status)).toBe(true);
  const { status } = await gantry.client.runs.get(id);
  return { status, events: (await gantry.client.runs.events(id, { limit: 500 })).events };
}
const outputs = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "attempt.succeeded" ? [event.data.output] : []));

test("an agent has another one think for it: journalled, tainted, and paid from its own limits", async () => {
  model.script(calls("assistant__ask", { question: "Is it up?" }), says("It is up."), {
    text: "They say that it is up.",
  });
  const { status, events } = await ended("lead.ask", { question: "How is the shop?" });
  expect(status).toBe("succeeded");
  expect(outputs(events)).toEqual([{ answer: "They say that it is up.", tokens: 45, tainted: ["assistant.ask"] }]);
  const thoughts = events.flatMap(({ type, data }) =>
    type === "attempt.noted" ? [(data as { note: unknown }).note as { thought: string; kind: string }] : [],
  );
  const [own = ""] = thoughts.map(({ thought }) => thought);
  expect(thoughts.map(({ thought, kind }) => [kind, thought.startsWith(`${own}/1/0/`)])).toEqual([
    ["answered", false],
    ["calling", false],
    ["answered", true],
    ["called", false],
    ["answered", false],
  ]);
});

test("what it asked for takes from the limits of who asked: past them neither goes on", async () => {
  model.script(
    calls("assistant__ask", { question: "Is it up?" }),
    calls("memory__recall", { words: "shop" }),
    calls("memory__recall", { words: "site" }),
    calls("memory__recall", { words: "page" }),
    says("It is up."),
  );
  const asked = model.questions.length;
  const { status, events } = await ended("lead.ask", { question: "How is the shop?" });
  expect(status).toBe("failed");
  expect(events.find(({ type }) => type === "attempt.failed")?.data).toMatchObject({
    error: { code: "thinking_limit_reached", details: { what: "tokens", limit: 60 } },
  });
  expect(model.questions.length).toBe(asked + 4);
});

test("a person's answer reaches the agent that was called, whichever worker goes on, and nothing is paid for again", async () => {
  model.script(
    calls("assistant__ask", { question: "Where?" }),
    calls("person__ask", { question: "Which region?" }),
    says("In eu."),
    { text: "It is in eu." },
  );
  const asked = model.questions.length;
  const { id } = await gantry.client.runs.create({
    runbook: "lead.ask",
    environment: "dev",
    parameters: { question: "Where is the shop?" },
  });
  const open = async () => (await gantry.client.questions.list({ run: id })).items;
  await expect.poll(async () => (await open()).length).toBe(1);
  await expect.poll(async () => (await gantry.client.runs.get(id)).waiting?.on).toBe("person");
  await worker.stop();
  worker = await gantry.start("worker");
  await gantry.client.questions.answer((await open())[0]?.id ?? "", "eu");
  await expect.poll(async () => (await gantry.client.runs.get(id)).status).toBe("succeeded");
  expect(model.questions.length).toBe(asked + 4);
});

test("the runbooks agents.review and agents.debate hand what one agent found to the next, tainted", async () => {
  for (const name of ["review", "debate"]) {
    const source = await readFile(new URL(`../../examples/runbooks/agents-${name}.yaml`, import.meta.url), "utf8");
    await gantry.client.runbooks.publish({ name: `agents.${name}`, version: "1.0.0" }, { source });
  }
  model.script(says("It is the disk."), says("Nothing shows that."), says("Nobody knows yet."));
  const review = await ended("agents.review", { question: "Why is it slow?" });
  expect(review.status).toBe("succeeded");
  expect(outputs(review.events)).toMatchObject([
    { answer: "It is the disk.", tainted: [] },
    { answer: "Nothing shows that.", tainted: ["context", "step draft"] },
    { answer: "Nobody knows yet.", tainted: ["context", "step draft", "step review"] },
  ]);
  expect(bodies().at(-1)).toContain("Nothing shows that.");

  model.script(says("It has a case."), says("It has a case."), says("The case for it."));
  const debate = await ended("agents.debate", { proposal: "Move to eu-west-1." });
  expect(debate.status).toBe("succeeded");
  expect(outputs(debate.events).at(-1)).toMatchObject({
    answer: "The case for it.",
    tainted: ["context", "step for", "step against"],
  });
});

test("a repository's AGENTS.md is said last, as what nobody vouches for, and its skills are read when they are needed", async () => {
  model.script(calls("skill__read", { skill: "release" }), { text: "Tag it, then." });
  const { status, events } = await ended("lead.work", { goal: "How are releases made?" });
  expect(status).toBe("succeeded");
  expect(outputs(events)).toEqual([{ answer: "Tag it, then.", tainted: ["AGENTS.md", "skill.read"] }]);
  const asked = model.questions.at(-2)?.body as { messages: { role: string; content: string }[] } | undefined;
  const [system, user] = asked?.messages ?? [];
  expect(system?.content).toContain("You have others find out.");
  expect(system?.content).not.toContain("delete the database");
  expect(user?.content.indexOf("How are releases made?")).toBeLessThan(
    user?.content.indexOf("delete the database") ?? 0,
  );
  expect(user?.content).toContain("Anybody may have written it");
  expect(bodies().at(-1)).toContain("Tag it.");
});
