import { withPart, type AnswerPart } from "@gantry/sdk/api";
import { createClient } from "@gantry/sdk/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestCli } from "../support/cli.ts";
import type { Installation } from "../support/installation.ts";
import type { ModelServer } from "../support/models/server.ts";
import { startThinkingInstallation, type ThinkingInstallation } from "../support/thinking-installation.ts";

/** The server that is read from, the worker that asks the model, and the model: three processes. */
let thinking: ThinkingInstallation;
let model: ModelServer;
let gantry: Installation;
let cli: TestCli;

beforeAll(async () => {
  thinking = await startThinkingInstallation(["@gantry/agent-assistant", "@gantry/agent-planner"], {
    workerApart: true,
  });
  ({ gantry, model, cli } = thinking);
});
afterAll(() => thinking?.[Symbol.asyncDispose]());

const whole = JSON.stringify({ answer: "It answers 204, and quickly.", citations: [] });
const pieces = [whole.slice(0, 25), whole.slice(25, 33), whole.slice(33)];
const place = { environment: "dev", runbook: "assistant.ask" };

/** What was said when all that the model has said so far has come. */
async function heard(run: string, until: string): Promise<AnswerPart[]> {
  const parts: AnswerPart[] = [];
  let said: string | null = "";
  for await (const item of gantry.client.runs.follow(run, { parts: true, signal: AbortSignal.timeout(120_000) })) {
    if (item.kind !== "part") continue;
    parts.push(item.part);
    said = said === null ? null : withPart(said, item.part);
    if (said === until) return parts;
  }
  throw new Error(`Only this was heard: ${said ?? "with a gap"}`);
}

test("what a model has said is read before it has answered, also by who comes in the middle", async () => {
  // It says all this and then nothing more: what is read isn't from the journal.
  model.script({ text: pieces, stall: true });
  const run = await gantry.client.runs.create({ ...place, parameters: { question: "Does it answer?" } });
  const [part] = await heard(run.id, whole);
  expect(part).toMatchObject({ step: "ask", turn: 1, from: 0 });
  expect((await heard(run.id, whole)).at(0)).toMatchObject({ from: 0, text: whole });
  const { events } = await gantry.client.runs.events(run.id);
  expect(events.map(({ type }) => type)).not.toContain("attempt.noted");
  await gantry.client.runs.cancel(run.id, { reason: "It was read." });
});

test("gantry ask writes the words on a terminal before the answer has ended, and the rest once it has", async () => {
  model.script({ text: pieces, delayMs: 300 });
  const asked = cli.onTerminal(["ask", "Does it answer?", "-e", "dev"]);
  expect(await asked.says(/It answers/)).not.toContain("and quickly");
  const { code, stdout } = await asked.ended;
  expect(code).toBe(0);
  expect(stdout.match(/It answers 204, and quickly\./g)).toHaveLength(1);
});

test("where the screen is redrawn a run that thinks shows its newest turn", async () => {
  model.script({ text: whole });
  const parameters = ["run", "assistant.ask", "-e", "dev", "-p", "question=Does it answer?"];
  const { code, stdout } = await cli.onTerminal(parameters, { columns: 160 }).ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/ask: turn 1: scripted answers \(10 \+ 5 tokens/);
});

test("with --json parts are lines, and together they are the answer", async () => {
  model.script({ text: pieces, delayMs: 100 });
  const { stdout } = await cli.run(["ask", "Does it answer?", "-e", "dev", "--json"]);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; part?: AnswerPart });
  const parts = lines.flatMap(({ part }) => (part === undefined ? [] : [part]));
  expect(parts.reduce<string>((said, part) => withPart(said, part) ?? "", "")).toBe(whole);
});

const drafted = JSON.stringify({
  summary: "Nothing can be done yet.",
  steps: [],
  onFailure: "stop",
  assumptions: ["The shop is up."],
  questions: ["Which shop?"],
});
const wish = ["goal", "Move the shop to the moon", "-e", "dev", "--with", "model"];
const asking = drafted.indexOf("Which");

test("gantry goal writes what a model drafts while it drafts it, in words: on a terminal and, line by line, in a pipe", async () => {
  for (const started of [cli.onTerminal, cli.start]) {
    // It says all this and then nothing more: what is read isn't the finished draft.
    model.script({ text: [drafted.slice(0, 20), drafted.slice(20, asking)], stall: true });
    const planning = started(wish, {});
    const shown = await planning.says(/Nothing can be done yet\.[^]*Assumes: The shop is up\./);
    const run = /run ([\da-f-]{36})/.exec(shown)?.[1] ?? "";
    await gantry.client.runs.cancel(run, { reason: "It was read." });
    expect((await planning.ended).code).not.toBe(0);
  }
});

test("with --json what a model plans is told in lines, too", async () => {
  model.script({ text: [drafted.slice(0, 20), drafted.slice(20)], delayMs: 100 });
  const planned = await cli.run([...wish, "--json"]);
  expect(planned).toMatchObject({ code: 2, stderr: expect.stringContaining("Which shop?") });
  const lines = planned.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; part?: AnswerPart; event?: { type: string } });
  const parts = lines.flatMap(({ part }) => (part === undefined ? [] : [part]));
  expect(parts.reduce<string>((said, part) => withPart(said, part) ?? "", "")).toBe(drafted);
  expect(lines.map(({ event }) => event?.type)).toContain("run.finished");
});

test("what thinking came to stands at the run, at its step and at the agent", async () => {
  model.script({ text: whole });
  const asked = await cli.run(["ask", "Does it answer?", "-e", "dev"]);
  const run = /run (\S+) on dev/.exec(asked.stderr)?.[1] ?? "";
  const shown = await cli.run(["runs", "show", run]);
  expect(shown.stdout).toMatch(/^models {2}\$[\d.e-]+\?$/m);
  expect(shown.stdout).toMatch(/^ {2}ask {2}1 calls, 10 tokens in, 5 out, \$[\d.e-]+\?$/m);
  const agents = await cli.run(["agents", "--json"]);
  expect(JSON.parse(agents.stdout)).toMatchObject([
    { name: "assistant", mind: { task: "answer" }, models: { input: expect.any(Number), priceKnown: false } },
    { name: "planner" },
  ]);
});

test("streams without parts have none, and another organization's key reads neither parts nor events", async () => {
  model.script({ text: whole });
  const run = await gantry.client.runs.create({ ...place, parameters: { question: "Does it answer?" } });
  for await (const item of gantry.client.runs.follow(run.id)) {
    expect(item.kind).not.toBe("part");
    if (item.kind === "event" && item.event.type === "run.finished") break;
  }
  const { key } = await gantry.client.organizations.create({ name: "other" });
  const stranger = createClient({ url: gantry.url, key });
  const reading = stranger.runs.follow(run.id, { parts: true }).next();
  await expect(reading).rejects.toMatchObject({ status: 404 });
});
