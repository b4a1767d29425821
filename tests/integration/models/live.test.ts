import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createModels, type ModelCall, type Models } from "../../../platform/src/models/index.ts";
import { createAddressGuard } from "../../../platform/src/outgoing/index.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";

/**
 * The providers themselves, a few small calls each: `GANTRY_LIVE_MODELS=1 vitest run tests/integration/models/live.test.ts`. Asked are those
 * whose key is in the variable that their own clients read. `GANTRY_LIVE_<PROVIDER>_URL` leads to a gateway instead.
 */
const providers: Record<string, { variable: string; model: string; settings?: Record<string, string> }> = {
  anthropic: { variable: "ANTHROPIC_API_KEY", model: "claude-haiku-5-5" },
  openai: { variable: "OPENAI_API_KEY", model: "gpt-6-luna" },
  google: { variable: "GEMINI_API_KEY", model: "gemini-3.8-flash" },
  mistral: { variable: "MISTRAL_API_KEY", model: "mistral-small-2603" },
  groq: { variable: "GROQ_API_KEY", model: "openai/gpt-oss-20b" },
  bedrock: {
    variable: "AWS_BEARER_TOKEN_BEDROCK",
    model: "us.amazon.nova-pro-v1:0",
    settings: { region: process.env["AWS_REGION"] ?? "us-east-1" },
  },
  openrouter: {
    variable: "OPENROUTER_API_KEY",
    model: "openai/gpt-oss-20b",
    settings: { models: "openai/gpt-oss-20b=groq/openai/gpt-oss-20b" },
  },
  ollama: {
    variable: "OLLAMA_API_KEY",
    model: "gpt-oss:20b",
    settings: { url: "https://ollama.com", models: "gpt-oss:20b" },
  },
};
const live = process.env["GANTRY_LIVE_MODELS"] === "1";
const known = Object.keys(providers).filter((provider) => process.env[providers[provider]!.variable] !== undefined);

describe.runIf(live)("models of providers themselves", () => {
  let api: TestApi;
  let models: Models;
  beforeAll(async () => {
    api = await startTestApi();
    const hosts: string[] = [];
    for (const provider of known) {
      const { variable, settings } = providers[provider]!;
      const url = process.env[`GANTRY_LIVE_${provider.toUpperCase()}_URL`];
      if (url !== undefined) hosts.push(new URL(url).hostname);
      const own = { provider, ...settings, ...(url === undefined ? {} : { url }) };
      for (const [name, key] of [
        [provider, process.env[variable]!],
        [`${provider}-refused`, "not-a-key-of-anybody"],
      ] as const) {
        await api.client.secrets.put(name, key);
        await api.client.connections.put(name, { kind: "model", settings: own, secrets: { key: name } });
      }
    }
    const guard = createAddressGuard(hosts);
    models = createModels({ pool: api.engine.db, keys: api.keys, guard, now: Date.now, random: Math.random, newId });
  });
  afterAll(async () => {
    models?.close();
    await api?.[Symbol.asyncDispose]();
  });

  const call = (connection: string, more: Partial<ModelCall>): ModelCall => ({
    organization: api.org,
    project: null,
    environment: null,
    agent: "live",
    runId: null,
    task: "answer",
    messages: [{ role: "user", content: "Answer with the one word: ready" }],
    tools: [],
    maxOutputTokens: 1_000,
    model: `${connection}/${providers[connection.replace("-refused", "")]!.model}`,
    signal: AbortSignal.timeout(60_000),
    ...more,
  });

  test("there is a key of at least one provider", () => {
    expect(
      known,
      `set one of ${Object.values(providers)
        .map(({ variable }) => variable)
        .join(", ")}`,
    ).not.toEqual([]);
  });

  test.each(known)(
    "%s streams a word, which is counted and paid for",
    async (provider) => {
      let shown = "";
      const answer = await models.answer(call(provider, {}), (part) => {
        if (part.type === "text") shown += part.text;
      });
      expect(answer.text.toLowerCase()).toContain("ready");
      expect(shown).toBe(answer.text);
      expect(answer).toMatchObject({ finish: "stop", cost: { known: true } });
      expect(answer.usage.input).toBeGreaterThan(0);
      expect(answer.usage.output).toBeGreaterThan(0);
    },
    90_000,
  );

  test.each(known)(
    "%s calls a tool and goes on with what came of it",
    async (provider) => {
      const tools = [
        {
          name: "weather",
          description: "The weather in a city. Always use it when asked about weather.",
          inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
        },
      ];
      const question = { role: "user" as const, content: "How is the weather in Bern? Use the tool." };
      const asked = await models.answer(call(provider, { tools, messages: [question] }));
      expect(asked).toMatchObject({ finish: "tools", toolCalls: [{ name: "weather", input: { city: "Bern" } }] });
      const [{ id, name }] = asked.toolCalls as [(typeof asked.toolCalls)[number]];
      const messages = [
        question,
        { role: "assistant" as const, content: asked.text, toolCalls: asked.toolCalls },
        { role: "tool" as const, results: [{ id, name, output: { sky: "hail of frogs" } }] },
      ];
      const told = await models.answer(call(provider, { tools, messages }));
      expect(told.text.toLowerCase()).toContain("frogs");
    },
    120_000,
  );

  test.each(known)(
    "%s refuses a wrong key, and that is what it is called",
    async (provider) => {
      await expect(models.answer(call(`${provider}-refused`, {}))).rejects.toMatchObject({ code: "model_key_refused" });
    },
    90_000,
  );
});
