import { setImmediate as nextTick } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createModels, type ModelCall, type ModelPart, type Models } from "../../../platform/src/models/index.ts";
import { createAddressGuard } from "../../../platform/src/outgoing/index.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";
import { startModelServer, type ModelServer, type Reply } from "../../support/models/server.ts";

let api: TestApi;
let server: ModelServer;
let models: Models;
let agents = 0;
let agent: string;
beforeAll(async () => {
  [api, server] = await Promise.all([startTestApi(), startModelServer()]);
  await api.client.secrets.put("model-key", "the-very-secret-key");
  await connect("house", { models: "small" });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await api?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  agent = `victim-${(agents += 1)}`;
  server.questions.splice(0);
  models = open();
});
afterEach(() => models.close());

const open = (given: { now?: () => number; pool?: typeof api.engine.db } = {}): Models => {
  const guard = createAddressGuard(["127.0.0.0/8"]);
  const own = { pool: api.engine.db, keys: api.keys, guard, now: Date.now, random: () => 0, newId };
  return createModels({ ...own, ...given });
};

const connect = (name: string, settings: Record<string, string>, place = {}) =>
  api.client.connections.put(
    name,
    {
      kind: "model",
      settings: {
        provider: "compatible",
        url: `${server.url}/${name}`,
        priceInput: "1",
        priceOutput: "2",
        ...settings,
      },
      secrets: { key: "model-key" },
    },
    place,
  );

const call = (given: Partial<ModelCall> = {}): ModelCall => ({
  organization: api.org,
  project: null,
  environment: null,
  agent,
  runId: null,
  task: "answer",
  messages: [{ role: "user", content: "How is the weather?" }],
  tools: [],
  maxOutputTokens: 200,
  model: "small",
  signal: new AbortController().signal,
  ...given,
});
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "answered",
    (error: unknown) => (error as { code?: unknown }).code,
  );
interface Called {
  id: string;
  function: { arguments: string };
}
/** What is written down of this test's calls. */
const costs = async () => {
  const { items } = await api.client.models.costs({ by: "agent" });
  return items.find(({ key }) => key === agent);
};
const budget = (measure: "tokens" | "requests", amount: number) =>
  api.client.budgets.set(agent, { covers: "models", measure, amount, agent });
const left = async () => {
  const { spent, reserved } = await api.client.budgets.get(agent);
  return { spent, reserved };
};

const nonsense: Record<string, NonNullable<Reply["usage"]>> = {
  "more than any number holds": { input: 1e300, output: 1e300 },
  "less than nothing": { input: -1_000_000, output: -1_000_000 },
  "parts of tokens": { input: 10.5, cached: 0.5, output: 3.2 },
  "nothing at all for an answer": { input: 0, output: 0 },
  "more from the cache than there was": { input: 10, cached: 1e12, output: 1 },
};

test.each(Object.entries(nonsense))(
  "a provider that counts %s is asked once, answers, and gives no budget anything back",
  async (_, usage) => {
    await budget("tokens", 1_000_000);
    server.script({ text: "It is fine.", usage });
    expect(await codeOf(models.answer(call()))).toBe("answered");
    expect(server.questions).toHaveLength(1);
    const { spent, reserved } = await left();
    expect(reserved).toBe(0);
    expect(spent).toBeGreaterThan(0);
    const found = await costs();
    expect(found).toMatchObject({ calls: 1, failed: 0 });
    expect(found!.micros).toBeGreaterThan(0);
    expect(found!.micros).toBeLessThan(1e12);
  },
);

test("an answer whose end can't be written down at once isn't asked for again", async () => {
  let refusals = 1;
  const { query } = api.engine.db;
  const pool = Object.create(api.engine.db, {
    query: {
      value: (...given: [{ name?: string }]): unknown =>
        given[0].name === "write-model-calls" && refusals-- > 0
          ? Promise.reject(new Error("terminating connection due to administrator command"))
          : Reflect.apply(query, api.engine.db, given),
    },
  }) as typeof api.engine.db;
  models.close();
  models = open({ pool });
  server.script({ text: "It is fine." });
  expect(await codeOf(models.answer(call()))).toBe("answered");
  expect(server.questions).toHaveLength(1);
  expect(await costs()).toMatchObject({ calls: 1, failed: 0 });
});

const delta = (one: object): string =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta: one }] })}\n\n`;
const partOfCall = { id: "1", type: "function", function: { name: "look", arguments: `{"at":"${"x".repeat(500)}` } };

const broken: Record<string, [Reply, string]> = {
  "says nothing": [{ usage: { input: 40, output: 160 } }, "model_answer_empty"],
  "thinks, and is cut": [{ raw: [delta({ reasoning_content: "word ".repeat(100) })], cut: true }, "model_stream_cut"],
  "is cut in the middle of a call": [
    { raw: [delta({ tool_calls: [{ index: 0, ...partOfCall }] })], cut: true },
    "model_stream_cut",
  ],
  "doesn't say when it stops": [{ text: "word ".repeat(100), stall: true }, "model_timeout"],
};

test.each(Object.entries(broken))("a model that %s is paid for what it read and made up", async (_, [reply, code]) => {
  await connect("broken", { models: "broken", firstTokenSeconds: "5", timeoutSeconds: "0.5" });
  await budget("tokens", 1_000_000);
  server.script(reply);
  expect(await codeOf(models.answer(call({ model: "broken" })))).toBe(code);
  const { spent, reserved } = await left();
  expect(reserved).toBe(0);
  expect(spent).toBeGreaterThan(100 * server.questions.length);
});

test("a call whose input has no bottom is one that no tool takes, and can be written down", async () => {
  const input = `${'{"a":'.repeat(30_000)}1${"}".repeat(30_000)}`;
  const called = { index: 0, id: "1", type: "function", function: { name: "look", arguments: input } };
  server.script({ raw: [delta({ tool_calls: [called] })], finish: "tools" });
  const look = { name: "look", description: "Looks", inputSchema: { type: "object" } };
  const { toolCalls } = await models.answer(call({ tools: [look], maxOutputTokens: 8_000 }));
  expect(toolCalls).toMatchObject([{ name: "look", input }]);
  expect(JSON.stringify(toolCalls)).toContain("look");
});

test("an answer without end is cut off long before it fills the memory", async () => {
  const piece = "x".repeat(100_000);
  server.script({ text: Array.from({ length: 300 }, () => piece) });
  let heard = 0;
  const onPart = (part: ModelPart): void => void (heard += part.type === "text" ? part.text.length : 0);
  expect(await codeOf(models.answer(call(), onPart))).toBe("model_answer_endless");
  expect(heard).toBeLessThan(300_000);
  expect(server.questions).toHaveLength(1);
});

test("an error as long as a book is read as one, and gives the place and the budget back", async () => {
  await connect("loud", { models: "loud", atOnce: "1", firstTokenSeconds: "1" });
  await budget("requests", 1_000);
  server.script(
    { error: { status: 400, type: "invalid_request_error", message: "tokens ".repeat(2_000_000) } },
    { text: "Fine." },
  );
  expect(await codeOf(models.answer(call({ model: "loud" })))).toBe("model_request_refused");
  expect(await codeOf(models.answer(call({ model: "loud" })))).toBe("answered");
  expect(await left()).toEqual({ spent: 2, reserved: 0 });
});

test("what a connection of one project answered isn't another's, whose connection has the same name", async () => {
  const { id: one } = await api.client.projects.create({ name: "one" });
  const { id: other } = await api.client.projects.create({ name: "other" });
  await connect("shared", { models: "shared", url: `${server.url}/one` }, { project: "one" });
  await connect("shared", { models: "shared", url: `${server.url}/other` }, { project: "other" });
  const policy = { providers: null, regions: null, prefer: "quality" as const };
  await api.client.models.setPolicy({ ...policy, cacheSeconds: 60 });
  const ask = async (project: string) => (await models.answer(call({ project, model: "shared", temperature: 0 }))).text;
  server.script({ text: "poison" }, { text: "water" });
  expect([await ask(one), await ask(one)]).toEqual(["poison", "poison"]);
  expect([await ask(other), await ask(other)]).toEqual(["water", "water"]);
  await api.client.models.setPolicy({ ...policy, cacheSeconds: 0 });
});

test.each(["openai", "azure"])("%s isn't let keep what it is asked", async (provider) => {
  const settings = { provider, url: `${server.url}/${provider}`, models: `own=openai/gpt-6-luna` };
  await connect(`own-${provider}`, settings);
  server.script({ text: "It is fine." });
  expect(await codeOf(models.answer(call({ model: `own-${provider}/own` })))).toBe("answered");
  expect(server.questions[0]!.body).toMatchObject({ store: false });
});

test("a conversation that began with one provider goes on with another, whatever ids the first gave its calls", async () => {
  const settings = { provider: "mistral", url: `${server.url}/mistral`, models: "strict" };
  await connect("strict", settings);
  server.script({ text: "Both are fine." });
  const look = { name: "look", description: "Looks", inputSchema: { type: "object" } };
  const id = "toolu_01A:same|for all";
  const asked = ["one", "two"].map((at) => ({ id, name: "look", input: { at } }));
  const answers = asked.map(({ input }) => ({ id, name: "look", output: `${input.at} is fine` }));
  const { messages } = call();
  const turns = [
    ...messages,
    { role: "assistant" as const, content: "", toolCalls: asked },
    { role: "tool" as const, results: answers },
    { role: "assistant" as const, content: "", toolCalls: asked.slice(1) },
    { role: "tool" as const, results: answers.slice(1) },
  ];
  expect(await codeOf(models.answer(call({ model: "strict", messages: turns, tools: [look] })))).toBe("answered");
  const sent = server.questions[0]!.body["messages"] as {
    tool_calls?: Called[];
    tool_call_id?: string;
    content: string;
  }[];
  const called = sent.flatMap(({ tool_calls: calls = [] }) => calls);
  const results = sent.filter(({ tool_call_id: of }) => of !== undefined);
  expect(new Set(called.map((one) => one.id)).size).toBe(3);
  for (const one of called) expect(one.id).toMatch(/^[a-zA-Z0-9]{9}$/);
  expect(results.map(({ tool_call_id: of }) => of)).toEqual(called.map((one) => one.id));
  expect(results.map(({ content }) => content)).toEqual(
    called.map((one) => `${(JSON.parse(one.function.arguments) as { at: string }).at} is fine`),
  );
});

test("what another model answered in place of the first isn't the first's answer", async () => {
  await connect("preferred", { models: "twin", priority: "1" });
  await connect("spare", { models: "twin", priority: "2" });
  const policy = { providers: null, regions: null, prefer: "quality" as const, store: "off" as const };
  await api.client.models.setPolicy({ ...policy, cacheSeconds: 60 });
  const ask = async () => {
    const { text, connection } = await models.answer(call({ model: "twin", temperature: 0 }));
    return [connection, text];
  };
  const refused = { status: 400, type: "invalid_request_error", message: "not today" };
  server.script({ error: refused }, { text: "water" }, { text: "wine" });
  expect(await ask()).toEqual(["spare", "water"]);
  expect(await ask()).toEqual(["preferred", "wine"]);
  expect(await ask()).toEqual(["preferred", "wine"]);
  await api.client.models.setPolicy({ ...policy, cacheSeconds: 0 });
});

test("what waits long for a place isn't taken for dead while it is under way", async () => {
  let ahead = 0;
  models.close();
  models = open({ now: () => Date.now() + ahead });
  await connect("narrow", { models: "narrow", atOnce: "1", firstTokenSeconds: "3600", timeoutSeconds: "600" });
  await budget("requests", 1_000);
  server.script({ hang: true });
  const stop = new AbortController();
  const first = codeOf(models.answer(call({ model: "narrow", signal: stop.signal })));
  while (server.questions.length < 1) await nextTick();
  const end = new AbortController();
  const second = codeOf(models.answer(call({ model: "narrow", signal: end.signal })));
  // By then it waits for its place.
  await nextTick();
  server.script({ text: ["a", "b"], stall: true });
  ahead = 3_600_000;
  stop.abort();
  expect(await first).toBe("model_call_stopped");
  while (server.questions.length < 2) await nextTick();
  const { rows } = await api.engine.db.query<{ late: boolean }>(
    "SELECT expires_at < now() + interval '65 minutes' AS late FROM model_calls WHERE agent = $1 AND state = 'open'",
    [agent],
  );
  expect(rows).toEqual([{ late: false }]);
  end.abort();
  expect(await second).toBe("model_call_stopped");
});
