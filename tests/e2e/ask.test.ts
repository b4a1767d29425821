import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestCli } from "../support/cli.ts";
import type { Installation } from "../support/installation.ts";
import type { ModelServer } from "../support/models/server.ts";
import { startSite, startThinkingInstallation, type ThinkingInstallation } from "../support/thinking-installation.ts";

/** What the assistant reads says something that it mustn't follow. */
let site: Awaited<ReturnType<typeof startSite>>;
let thinking: ThinkingInstallation;
let model: ModelServer;
let gantry: Installation;
let cli: TestCli;
let url: string;

beforeAll(async () => {
  [site, thinking] = await Promise.all([
    startSite(),
    startThinkingInstallation(["@gantry/agent-check", "@gantry/agent-assistant"]),
  ]);
  ({ gantry, model, cli } = thinking);
  ({ url } = site);
});
afterAll(async () => {
  await thinking?.[Symbol.asyncDispose]();
  await site?.[Symbol.asyncDispose]();
});

const answer = (source: number) => ({
  text: JSON.stringify({ answer: "It answers 204.", citations: [{ source, quote: "status 204" }] }),
});
const look = () => ({
  toolCalls: [{ id: "call_1", name: "check__http", input: { url, status: 204, timeoutMs: 0 } }],
});

test("gantry ask answers with what a tool read, cites it, and shows each turn with its tokens", async () => {
  model.script(look(), answer(1));
  const asked = await cli.run(["ask", "Does the shop answer?", "-e", "dev"]);
  expect(asked).toMatchObject({ code: 0, stdout: "It answers 204.\n  [1] check.http: status 204\n" });
  expect(asked.stderr).toMatch(/turn 1: \S+ calls check__http \(10 \+ 5 tokens/);
  expect(asked.stderr).toMatch(/turn 2: \S+ answers/);
  expect(JSON.stringify(model.questions.at(-1)?.body)).toContain("status 204");
  expect(asked.stderr + asked.stdout + JSON.stringify(model.questions.map(({ body }) => body))).not.toContain(
    "the-very-secret-key",
  );
});

test("limits hold for what a model calls: a call whose turn is far away isn't made, and the model is told", async () => {
  expect(await cli.run(["limit", "set", "1/1h", "--tool", "check.http"])).toMatchObject({ code: 0 });
  model.script(look(), look(), answer(1));
  const asked = await cli.run(["ask", `Does ${url} answer?`, "-e", "dev"]);
  expect(asked.code).toBe(0);
  const told = JSON.stringify(model.questions.at(-1)?.body);
  expect(told).toContain("status 204");
  expect(told).toContain("call_limited: check.http wasn't called: it waits for the rate limit of tool check.http");
  const { items } = await gantry.client.limits.list();
  await gantry.client.limits.remove(items[0]?.id ?? "");
});

test("with --json each event is a line as it comes, and policy has the last word on each call", async () => {
  await gantry.client.policies.put("no-looking", {
    text: '@id("no-looking") forbid (principal, action == Action::"tool:call", resource) when { context.tool == "check.http" };',
  });
  model.script(look(), answer(1));
  const asked = await cli.run(["ask", "Does the shop answer?", "-e", "dev", "--json"]);
  const lines = asked.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; event?: { type: string; data: { note?: object } } });
  expect(lines.at(-1)).toMatchObject({ type: "run", run: { status: "succeeded" } });
  const notes = lines.flatMap(({ event }) => (event?.type === "attempt.noted" ? [event.data.note] : []));
  expect(notes).toMatchObject([
    { kind: "answered" },
    { kind: "calling" },
    { kind: "called", failed: true, output: expect.stringContaining("policy_denied") },
    { kind: "answered" },
  ]);
});
