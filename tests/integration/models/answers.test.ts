import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { startModelServer, type ModelServer, type Reply } from "../../support/models/server.ts";
import { createModels, type ModelCall, type ModelPart, type Models } from "../../../platform/src/models/index.ts";
import { createAddressGuard } from "../../../platform/src/outgoing/index.ts";
import { newId } from "../../support/engine.ts";

let api: TestApi;
let server: ModelServer;
beforeAll(async () => {
  [api, server] = await Promise.all([startTestApi(), startModelServer()]);
  for (const name of ["key", "accessKeyId", "secretAccessKey"])
    await api.client.secrets.put(`model-${name}`, `the-very-secret-${name}`);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

/** Models that see a change at once: each is made anew. */
let models: Models;
beforeEach(async () => {
  const { items } = await api.client.connections.list();
  for (const { name } of items) await api.client.connections.remove(name);
  server.questions.splice(0);
  models?.close();
  models = fresh();
});

function fresh(random = () => 0): Models {
  const guard = createAddressGuard(["127.0.0.0/8"]);
  return createModels({ pool: api.engine.db, keys: api.keys, guard, now: Date.now, random, newId });
}

async function connect(
  name: string,
  settings: Record<string, string>,
  secrets: Record<string, string> = { key: "model-key" },
) {
  await api.client.connections.put(name, { kind: "model", settings, secrets });
  models.close();
  models = fresh();
}

const call = (given: Partial<ModelCall> = {}): ModelCall => ({
  organization: api.org,
  project: null,
  environment: null,
  agent: "tester",
  runId: null,
  task: "answer",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "How is the weather?" },
  ],
  tools: [],
  maxOutputTokens: 200,
  signal: new AbortController().signal,
  ...given,
});

const weather = {
  name: "weather",
  description: "The weather",
  inputSchema: { type: "object", properties: { city: { type: "string" } } },
};

const kinds: Record<string, { settings: Record<string, string>; secrets?: Record<string, string>; model: string }> = {
  anthropic: { settings: {}, model: "claude-haiku-5-5" },
  openai: { settings: {}, model: "gpt-6-luna" },
  azure: { settings: { models: "mine=openai/gpt-6-luna" }, model: "mine" },
  google: { settings: {}, model: "gemini-3.8-flash" },
  mistral: { settings: {}, model: "mistral-small-2603" },
  groq: { settings: {}, model: "openai/gpt-oss-20b" },
  bedrock: {
    settings: { region: "eu-central-1" },
    secrets: { accessKeyId: "model-accessKeyId", secretAccessKey: "model-secretAccessKey" },
    model: "us.amazon.nova-pro-v1:0",
  },
  openrouter: { settings: { models: "some/model" }, model: "some/model" },
  ollama: { settings: { models: "llama4" }, secrets: {}, model: "llama4" },
  vllm: { settings: { models: "qwen" }, secrets: {}, model: "qwen" },
  compatible: { settings: { models: "house", priceInput: "1", priceOutput: "2" }, model: "house" },
};

async function connectKind(provider: string): Promise<string> {
  const { settings, secrets, model } = kinds[provider]!;
  const own = { provider, url: `${server.url}/${provider}`, ...settings };
  await connect(provider, own, secrets ?? { key: "model-key" });
  return model;
}

test.each(Object.keys(kinds))("%s streams text, calls tools in fragments, and is paid for", async (provider) => {
  const model = await connectKind(provider);
  const usage = { input: 21, cached: 8, output: 7 };
  server.script({ text: ["It is ", "fine."], usage });
  const parts: ModelPart[] = [];
  const answer = await models.answer(call({ model }), (part) => parts.push(part));
  expect(answer).toMatchObject({ text: "It is fine.", finish: "stop", provider, model, toolCalls: [] });
  // Ollama doesn't say what it had kept.
  expect(answer.usage).toEqual({ input: 21, cachedInput: provider === "ollama" ? 0 : 8, output: 7 });
  expect(parts.map((part) => (part.type === "text" ? part.text : part.type))).toEqual(["It is ", "fine."]);
  expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);

  const input = { city: "Zürich", days: 3 };
  server.script({ toolCalls: [{ id: "call_abc12", name: "weather", input }], usage });
  const asked = await models.answer(call({ model, tools: [weather] }));
  expect(asked).toMatchObject({ finish: "tools", toolCalls: [{ name: "weather", input }] });

  // What it called, and what came of it, goes back to it as it came.
  server.script({ text: "Sunny." });
  const { messages } = call();
  const done = await models.answer(
    call({
      model,
      tools: [weather],
      messages: [
        ...messages,
        { role: "assistant", content: "", toolCalls: asked.toolCalls },
        { role: "tool", results: [{ id: asked.toolCalls[0]!.id, name: "weather", output: { sky: "blue" } }] },
      ],
    }),
  );
  expect(done.text).toBe("Sunny.");
  expect(JSON.stringify(server.questions.at(-1)?.body)).toContain("blue");
});

/** What goes wrong on the wire, and what it is called. */
const troubles: Record<string, [Reply, string]> = {
  "a wrong key": [
    { error: { status: 401, type: "authentication_error", message: "invalid x-api-key" } },
    "model_key_refused",
  ],
  "an unknown model": [{ error: { status: 404, type: "not_found_error", message: "model: nope" } }, "model_unknown"],
  "a retired model": [
    { error: { status: 404, type: "not_found_error", message: "This model is retired" } },
    "model_retired",
  ],
  "an exhausted quota": [
    { error: { status: 429, type: "insufficient_quota", message: "You exceeded your current quota" } },
    "model_quota_exhausted",
  ],
  "a rate limit": [
    { error: { status: 429, type: "rate_limit_error", message: "Slow down", headers: { "retry-after": "60" } } },
    "model_rate_limited",
  ],
  "a storm of 5xx": [
    { error: { status: 529, type: "overloaded_error", message: "Overloaded" } },
    "model_provider_failed",
  ],
  "a hung stream": [{ hang: true }, "model_timeout"],
  "a stream that stalls": [{ text: ["It "], stall: true }, "model_timeout"],
  "a stream that is cut": [{ text: ["It "], cut: true }, "model_stream_cut"],
  "truncated JSON": [{ text: ["It "], garbage: true }, "model_stream_cut"],
  "an empty answer": [{}, "model_answer_empty"],
  "a context overflow": [
    {
      error: {
        status: 400,
        type: "invalid_request_error",
        message: "prompt is too long: 300000 tokens > 200000 maximum",
      },
    },
    "model_context_overflow",
  ],
  "a refused request": [
    { error: { status: 400, type: "invalid_request_error", message: "no such option" } },
    "model_request_refused",
  ],
};
const speakers = ["anthropic", "openai", "google", "mistral", "groq", "bedrock", "openrouter", "ollama", "compatible"];

test.each(Object.keys(troubles))("%s has its own code, whoever the provider is", async (trouble) => {
  const [reply, code] = troubles[trouble]!;
  const limits = { firstTokenSeconds: "0.3", timeoutSeconds: "0.5" };
  for (const provider of speakers) {
    const { settings, secrets = { key: "model-key" } } = kinds[provider]!;
    const own = { provider, url: `${server.url}/${provider}`, ...settings, ...limits };
    await api.client.connections.put(provider, { kind: "model", settings: own, secrets });
  }
  server.script(reply);
  const codes = await Promise.all(
    speakers.map(async (provider) =>
      models.answer(call({ model: `${provider}/${kinds[provider]!.model}` })).then(
        () => "answered",
        (error: Error & { code?: string }) => {
          expect(error.message).not.toContain("the-very-secret");
          return error.code ?? error.message;
        },
      ),
    ),
  );
  expect(Object.fromEntries(codes.map((one, at) => [speakers[at], one]))).toEqual(
    Object.fromEntries(speakers.map((provider) => [provider, code])),
  );
});

test("a refusal, and an answer that is filtered or too long, are answers that say so", async () => {
  await connectKind("anthropic");
  server.script({ text: "No.", finish: "refusal" });
  expect(await models.answer(call())).toMatchObject({ finish: "refused" });
  server.script({ text: "It", finish: "length" });
  expect(await models.answer(call())).toMatchObject({ finish: "length", text: "It" });
  await connectKind("google");
  server.script({ text: "It", finish: "filter" });
  expect(await models.answer(call({ model: "gemini-3.8-flash" }))).toMatchObject({ finish: "filtered" });
});

test("the next model takes over, also in the middle of an answer, which begins anew", async () => {
  await connect("first", {
    provider: "anthropic",
    url: `${server.url}/anthropic`,
    models: "claude-haiku-5-5",
    priority: "1",
  });
  await connect("second", { provider: "openai", url: `${server.url}/openai`, models: "gpt-6-luna", priority: "2" });
  const broken: Reply = { text: ["It is "], cut: true };
  server.script(broken, broken, broken, { text: "Fine.", usage: { input: 9, output: 2 } });
  const parts: ModelPart[] = [];
  const answer = await models.answer(call(), (part) => parts.push(part));
  expect(answer).toMatchObject({ text: "Fine.", provider: "openai", connection: "second" });
  expect(answer.attempts.map(({ connection, error }) => [connection, error])).toEqual([
    ...Array<unknown>(3).fill(["first", "model_stream_cut"]),
    ["second", null],
  ]);
  expect(parts.filter(({ type }) => type === "restart")).toHaveLength(3);
  expect(parts.at(-1)).toEqual({ type: "text", text: "Fine." });
});

test("Retry-After is honoured where it is short, and a little more, so that not all come back at once", async () => {
  await connectKind("anthropic");
  models.close();
  models = fresh(() => 1);
  const limited = { status: 429, type: "rate_limit_error", message: "Slow down", headers: { "retry-after": "1" } };
  server.script({ error: limited }, { text: "Fine." });
  // Begun before, and shorter: whatever the machine does, it ends before the wait does.
  let over = false;
  setTimeout(() => (over = true), 1_099);
  expect(await models.answer(call())).toMatchObject({ text: "Fine." });
  expect(over).toBe(true);
  expect(server.questions).toHaveLength(2);
});

test("an answer by a schema is read; secrets of the organization don't leave, nor do its data go where policy forbids", async () => {
  await connectKind("openai");
  server.script({ text: '{"sky":"blue"}' });
  const schema = {
    type: "object",
    properties: { sky: { type: "string" } },
    required: ["sky"],
    additionalProperties: false,
  };
  const answer = await models.answer(
    call({ output: schema, messages: [{ role: "user", content: "The key is the-very-secret-key, is it?" }] }),
  );
  expect(answer.output).toEqual({ sky: "blue" });
  const sent = JSON.stringify(server.questions.at(-1)?.body);
  expect(sent).toContain("[redacted]");
  expect(sent).not.toContain("the-very-secret");
  expect(server.questions.at(-1)?.headers.authorization).toBe("Bearer the-very-secret-key");

  await api.client.models.setPolicy({ providers: ["anthropic"] });
  models = fresh();
  await expect(models.answer(call())).rejects.toMatchObject({
    code: "no_model",
    message: expect.stringContaining("openai") as string,
  });
  await api.client.models.setPolicy({ regions: ["eu"] });
  models = fresh();
  await expect(models.answer(call())).rejects.toMatchObject({ code: "no_model" });
  expect(await refusalOf(api.client.models.setPolicy({ providers: ["nobody"] }))).toEqual([400, "invalid_request"]);
  await api.client.models.setPolicy({ cacheSeconds: 60 });
  models = fresh();
  server.questions.splice(0);
  const same = call({ temperature: 0 });
  await models.answer(same);
  expect(await models.answer(same)).toMatchObject({ cost: { micros: 0 }, firstTokenMs: null });
  expect(server.questions).toHaveLength(1);
  await api.client.models.setPolicy({});
});

test("Ollama is told for how much to load a model and how long to keep it, and is asked as OpenAI is where its address says so", async () => {
  const url = `${server.url}/ollama`;
  const settings = { provider: "ollama", url, models: "llama4", keepAlive: "30m" };
  await connect("local", settings, { key: "model-key" });
  const input = { city: "Bern" };
  const image = { type: "image" as const, mediaType: "image/png", data: "iVBORw0KGgo=" };
  const asked: Partial<ModelCall> = {
    temperature: 0.5,
    tools: [weather],
    output: { type: "object" },
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "How is it here?" }, image] },
      { role: "assistant", content: "", toolCalls: [{ id: "call_1", name: "weather", input }] },
      { role: "tool", results: [{ id: "call_1", name: "weather", output: { sky: "blue" } }] },
    ],
  };
  server.script({ text: "{}", finish: "length" });
  await connect("local", { ...settings, can: "tools,json,images" }, { key: "model-key" });
  expect(await models.answer(call(asked))).toMatchObject({ finish: "length", output: {} });
  const [{ path, headers, body }] = server.questions as [(typeof server.questions)[number]];
  expect([path, headers.authorization]).toEqual(["/ollama/api/chat", "Bearer the-very-secret-key"]);
  const called = { name: "weather", description: "The weather", parameters: weather.inputSchema };
  expect(body).toEqual({
    model: "llama4",
    stream: true,
    keep_alive: "30m",
    format: { type: "object" },
    options: { num_ctx: 32_768, num_predict: 200, temperature: 0.5 },
    tools: [{ type: "function", function: called }],
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "How is it here?", images: [image.data] },
      {
        role: "assistant",
        content: "",
        tool_calls: [{ id: "call00001", function: { name: "weather", arguments: input } }],
      },
      { role: "tool", tool_name: "weather", tool_call_id: "call00001", content: '{"sky":"blue"}' },
    ],
  });

  // More than the model is loaded for would be cut off without a word: it isn't sent.
  await connect("local", { ...settings, context: "4096", keepAlive: "-1" });
  const long = call({ messages: [{ role: "user", content: "word ".repeat(5_000) }] });
  await expect(models.answer(long)).rejects.toMatchObject({ code: "model_context_overflow" });
  await models.answer(call());
  expect(server.questions.at(-1)?.body).toMatchObject({ keep_alive: -1, options: { num_ctx: 4_096 } });
  // An answer without its last line isn't whole.
  server.script({ text: ["It "], unfinished: true });
  await expect(models.answer(call())).rejects.toMatchObject({ code: "model_stream_cut" });

  await connect("local", { provider: "ollama", url: `${url}/v1`, models: "llama4" });
  server.script({ text: "ready" });
  await models.answer(call());
  expect(server.questions.at(-1)?.path).toBe("/ollama/v1/chat/completions");
});

test("whoever connects a model, or stores its key, asks it at once", async () => {
  server.script({ text: "ready" });
  await expect(models.answer(call())).rejects.toMatchObject({ code: "no_model" });
  const settings = { provider: "openai", url: `${server.url}/openai` };
  await api.client.connections.put("new", { kind: "model", settings, secrets: { key: "late-key" } });
  await expect(models.answer(call())).rejects.toMatchObject({ code: "model_key_missing" });
  await api.client.secrets.put("late-key", "it-came-in-the-end");
  expect(await models.answer(call())).toMatchObject({ text: "ready", connection: "new" });
});

test("models are listed, tried out, and their costs added up; settings that can't be are said", async () => {
  await connect(
    "house",
    { provider: "compatible", url: `${server.url}/house`, models: "small", priceInput: "1", priceOutput: "2" },
    {},
  );
  await connect("wrong", { provider: "compatible" });
  await connect("keyless", { provider: "anthropic", models: "claude-haiku-5-5" }, { key: "not-stored" });
  const { items, problems } = await api.client.models.list();
  expect(items.map(({ model, refused }) => [model, refused])).toEqual([
    ["small", null],
    ["claude-haiku-5-5", "there is no secret for its key"],
  ]);
  expect(problems).toEqual([{ connection: "wrong", message: expect.stringContaining("url") as string }]);
  server.script({ text: "ready", usage: { input: 100, output: 10 } });
  const tried = await api.client.models.test("house/small");
  expect(tried).toMatchObject({ outcome: "answered", text: "ready", cost: { micros: 120, known: true } });
  server.script({ error: { status: 401, type: "invalid_api_key", message: "who are you" } });
  expect(await api.client.models.test("small")).toMatchObject({
    outcome: "failed",
    error: { code: "model_key_refused" },
  });
  const { items: costs } = await api.client.models.costs({ by: "connection" });
  expect(costs.find(({ key }) => key === "house")).toMatchObject({ calls: 2, failed: 1, micros: 120, input: 100 });
});
