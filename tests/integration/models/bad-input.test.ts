import type { Json } from "@gantry/sdk";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { defaultLimits, think, type MindDeps } from "../../../platform/src/mind/index.ts";
import { catalogue } from "../../../platform/src/models/catalogue.ts";
import { createModels, type Models } from "../../../platform/src/models/index.ts";
import { createAddressGuard } from "../../../platform/src/outgoing/index.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";
import { startModelServer, type ModelServer, type Reply } from "../../support/models/server.ts";

let api: TestApi;
let server: ModelServer;
let models: Models;
beforeAll(async () => {
  [api, server] = await Promise.all([startTestApi(), startModelServer()]);
  await api.client.secrets.put("model-key", "the-very-secret-key");
  const settings = { provider: "anthropic", url: `${server.url}/anthropic`, models: "claude-haiku-5-5" };
  await api.client.connections.put("scripted", { kind: "model", settings, secrets: { key: "model-key" } });
  models = open();
});
beforeEach(() => void server.questions.splice(0));
afterAll(async () => {
  models?.close();
  await server?.[Symbol.asyncDispose]();
  await api?.[Symbol.asyncDispose]();
});

function open(): Models {
  const guard = createAddressGuard(["127.0.0.0/8"]);
  return createModels({ pool: api.engine.db, keys: api.keys, guard, now: Date.now, random: () => 0, newId });
}

const about = () => ({ organization: api.org, project: null, environment: null, agent: "tester", runId: null });

/** Thinks with the scripted model and one tool that looks. */
function thinkWith(look: (at: string) => Promise<Json>, ...replies: Reply[]) {
  server.script(...replies);
  const kept = new Map<string, string>();
  const deps: MindDeps = {
    answer: models.answer,
    notes: [],
    note: () => Promise.resolve(),
    keep: async (name, text) => {
      kept.set(name, text);
      return { $artifact: `sha256:${"0".repeat(64)}`, name, bytes: text.length, contentType: "text/plain" };
    },
    read: async ({ name }) => kept.get(name) ?? "",
    redact: (text) => text,
    log: () => {},
    now: Date.now,
    about: about(),
    signal: new AbortController().signal,
  };
  return think(
    {
      id: "1",
      goal: "Look around.",
      instructions: "You look.",
      task: "answer",
      tools: [
        {
          name: "test.look",
          title: "Look",
          effect: "reads",
          inputSchema: { type: "object", properties: { at: { type: "string" } }, required: ["at"] },
          problemsOf: (input) =>
            typeof (input as { at?: Json } | null)?.at === "string" ? [] : ["at: expected a text"],
          call: (input) => look((input as { at: string }).at),
        },
      ],
      output: null,
      facts: [],
      tainted: [],
      limits: defaultLimits,
    },
    deps,
  );
}

const calls = (name: string, input: object): Reply => ({ toolCalls: [{ id: "call_1", name, input }] });
const looks = (at: string): Reply => calls("test__look", { at });
const overflow: Reply = {
  error: { status: 400, type: "invalid_request_error", message: "prompt is too long: 300000 tokens > 200000 maximum" },
};
const asked = (): string[] => server.questions.map(({ body }) => JSON.stringify(body));
const fine = (): Promise<Json> => Promise.resolve("fine");

test("a call of an unknown tool or with invalid arguments is told to the model, which corrects itself", async () => {
  const { text, calls: made } = await thinkWith(
    fine,
    calls("rm__rf", { path: "/" }),
    calls("test__look", { at: 5 }),
    looks("x"),
    { text: "All fine." },
  );
  expect(text).toBe("All fine.");
  expect(made.map(({ failed }) => failed)).toEqual([true, true, false]);
  expect(asked()[1]).toContain("tool_unknown");
  expect(asked()[2]).toContain("input_invalid");
});

test("a model that calls the very same again and again is stopped", async () => {
  await expect(thinkWith(fine, looks("x"))).rejects.toMatchObject({ code: "thinking_repeats" });
  expect(asked()).toHaveLength(defaultLimits.repeats + 1);
});

test("of a tool's result of 10 MB some thousand characters reach the model", async () => {
  const long = Array.from({ length: 1_000_000 }, (_, index) => `line ${index}\n`).join("");
  await thinkWith(() => Promise.resolve(long), looks("log"), { text: "Seen." });
  const last = asked().at(-1) ?? "";
  expect(last.length).toBeLessThan(25_000);
  for (const part of ["line 0\\n", "line 999999\\n", "read_on"]) expect(last).toContain(part);
});

test("a conversation that the model can't read whole is summarized once and goes on; then it is too long", async () => {
  const found = await thinkWith(
    fine,
    looks("a"),
    overflow,
    { text: "It looked at a, which is fine (source 1)." },
    { text: "a is fine." },
  );
  expect(found.text).toBe("a is fine.");
  expect(asked()).toHaveLength(4);
  expect(asked()[3]).toContain("It looked at a, which is fine (source 1).");
  expect(asked()[3]).not.toContain("tool_result");
  await expect(thinkWith(fine, looks("a"), overflow, { text: "It looked." }, overflow)).rejects.toMatchObject({
    code: "prompt_too_long",
  });
});

test("a model whose price nobody knows counts as the dearest of its provider, and that is said", async () => {
  const settings = { provider: "anthropic", url: `${server.url}/anthropic`, models: "claude-of-tomorrow" };
  await api.client.connections.put("unpriced", { kind: "model", settings, secrets: { key: "model-key" } });
  const prices = catalogue.flatMap(({ provider, price, long, later }) =>
    provider === "anthropic" ? [price, long, later].flatMap((one) => one ?? []) : [],
  );
  const dearest = (of: "input" | "output"): number => Math.max(...prices.map((price) => price[of]));
  server.script({ text: "ready", usage: { input: 1_000, output: 100 } });
  const { cost } = await api.client.models.test("unpriced/claude-of-tomorrow");
  const micros = Math.ceil(1_000 * dearest("input") + 100 * dearest("output"));
  expect(cost).toEqual({ micros, currency: "USD", known: false });
  const { items } = await api.client.models.list();
  expect(items.find(({ connection }) => connection === "unpriced")).toMatchObject({ priceKnown: false });
  const { items: costs } = await api.client.models.costs({ by: "connection" });
  expect(costs.find(({ key }) => key === "unpriced")).toMatchObject({ micros, priceKnown: false });
});

test("a model without a key isn't asked, and its error says what to store", async () => {
  const settings = { provider: "openai", url: `${server.url}/openai`, models: "gpt-6-luna" };
  await api.client.connections.put("keyless", { kind: "model", settings, secrets: { key: "not-stored" } });
  const messages = [{ role: "user" as const, content: "Are you there?" }];
  const call = { ...about(), task: "answer" as const, messages, tools: [], maxOutputTokens: 100 };
  // One that sees what was just set up.
  const own = open();
  await expect(
    own.answer({ ...call, model: "keyless/gpt-6-luna", signal: new AbortController().signal }),
  ).rejects.toMatchObject({
    code: "model_key_missing",
    message: expect.stringContaining("gantry secret set"),
  });
  own.close();
  expect(server.questions).toEqual([]);
});
