/** Whose protocol is spoken, and where to. The last five are addresses of one's own, or resell what others offer. */
export const providers = [
  "anthropic",
  "openai",
  "google",
  "mistral",
  "groq",
  "bedrock",
  "azure",
  "openrouter",
  "ollama",
  "vllm",
  "compatible",
] as const;
export type Provider = (typeof providers)[number];

export type Capability = "tools" | "json" | "images" | "reasoning";
export type Tier = "best" | "balanced" | "fast";

/** US dollars per million tokens. */
export interface Price {
  input: number;
  /** Read from the provider's cache; null: not known, so it counts like input. */
  cached: number | null;
  output: number;
}

export interface KnownModel {
  provider: Provider;
  model: string;
  tier: Tier;
  /** Tokens of question and answer together. */
  context: number;
  /** Tokens of an answer; null: as many as the context has room for. */
  output: number | null;
  /** Null: nowhere to be found; it counts as the dearest of its provider. */
  price: Price | null;
  /** Of a call whose prompt is longer than this, all of it. */
  long?: Price & { above: number };
  /** What is announced. */
  later?: Price & { from: string };
  can: readonly Capability[];
  /** Since when the provider doesn't answer for it any more. */
  retired?: string;
  /** Of the price: when it was last looked up. */
  asOf: string;
}

/** Where each provider says what holds now. */
export const sources: Partial<Record<Provider, string>> = {
  anthropic: "https://platform.claude.com/docs/en/about-claude/pricing",
  openai: "https://developers.openai.com/api/docs/pricing",
  google: "https://ai.google.dev/gemini-api/docs/pricing",
  mistral: "https://mistral.ai/pricing",
  groq: "https://groq.com/pricing",
  bedrock: "https://aws.amazon.com/bedrock/pricing/",
};

const all: readonly Capability[] = ["tools", "json", "images", "reasoning"];

function usd(input: number, cached: number | null, output: number): Price {
  return { input, cached, output };
}

/** OpenAI bills a long prompt at twice the price of input and one and a half times that of output. */
function openai(model: string, tier: Tier, { input, cached, output }: Price, asOf = "2026-10-26"): KnownModel {
  const long = { above: 272_000, input: input * 2, cached: (cached ?? input) * 2, output: output * 1.5 };
  const facts = { context: 1_050_000, output: 128_000, can: all, asOf };
  return { provider: "openai", model, tier, price: { input, cached, output }, long, ...facts };
}

function of(
  provider: Provider,
  can: readonly Capability[],
  asOf: string,
  limits: { context: number; output: number | null },
) {
  return (model: string, tier: Tier, price: Price | null): KnownModel => ({
    provider,
    model,
    tier,
    price,
    can,
    asOf,
    ...limits,
  });
}

const million = { context: 1_000_000, output: 128_000 };
const anthropic = of("anthropic", all, "2026-10-24", million);
const gemini = of("google", all, "2026-09-23", { context: 1_048_576, output: 65_536 });
const mistral = of("mistral", ["tools", "json", "images"], "2026-09-23", { context: 262_144, output: null });
const groq = of("groq", ["tools", "json", "reasoning"], "2026-09-23", { context: 131_072, output: 65_536 });
const bedrock = of("bedrock", ["tools", "images", "reasoning"], "2026-09-23", million);

/** The one list of models: what routing, costs and the reference page go by. Within a provider and tier the preferred one stands first. */
export const catalogue: readonly KnownModel[] = [
  anthropic("claude-opus-5-5", "best", usd(4, 0.2, 20)),
  { ...anthropic("claude-fable-5-2", "best", usd(8, null, 40)), asOf: "2026-11-13" },
  anthropic("claude-fable-5-1", "best", usd(10, 0.25, 50)),
  anthropic("claude-opus-5", "best", usd(5, 0.5, 25)),
  anthropic("claude-sonnet-5-5", "balanced", usd(2, 0.1, 10)),
  anthropic("claude-sonnet-5", "balanced", usd(2, 0.2, 10)),
  {
    ...anthropic("claude-haiku-5-5", "fast", usd(0.1, 0.01, 0.5)),
    long: { above: 100_000, input: 0.5, cached: 0.05, output: 2.5 },
  },
  { ...anthropic("claude-haiku-4-5", "fast", usd(1, 0.1, 5)), context: 200_000, output: 64_000 },
  {
    ...anthropic("claude-3-7-sonnet-20250219", "balanced", usd(3, 0.3, 15)),
    context: 200_000,
    output: 64_000,
    retired: "2026-02-19",
  },

  openai("gpt-6.1-sol", "best", usd(2, 0.1, 10)),
  openai("gpt-6-astra", "best", usd(10, 1, 50), "2026-09-23"),
  openai("gpt-6-sol", "best", usd(2, 0.2, 10), "2026-09-23"),
  openai("gpt-6.1-terra", "balanced", usd(1, 0.05, 5)),
  openai("gpt-5.6-terra", "balanced", usd(2, 0.2, 12), "2026-09-23"),
  openai("gpt-6-luna", "fast", usd(0.1, 0.01, 0.5), "2026-09-23"),
  openai("gpt-5.6-luna", "fast", usd(0.2, 0.02, 1.2), "2026-09-23"),

  {
    ...gemini("gemini-4-argon", "best", usd(2, 0.1, 10)),
    later: {
      from: "2026-12-01",
      input: 4,
      cached: 0.2,
      output: 20,
    },
    asOf: "2026-10-13",
  },
  gemini("gemini-3.8-flash", "balanced", usd(1.5, 0.15, 7.5)),
  gemini("gemini-3.5-flash-lite", "fast", usd(0.3, 0.03, 2.5)),

  {
    ...mistral("mistral-large-4", "best", null),
    context: 1_048_576,
    can: all,
  },
  mistral("mistral-medium-3-5", "balanced", usd(1.5, 0.15, 7.5)),
  mistral("mistral-small-2603", "fast", usd(0.15, 0.015, 0.6)),

  groq("openai/gpt-oss-120b", "balanced", usd(0.15, 0.075, 0.6)),
  groq("openai/gpt-oss-20b", "fast", usd(0.075, 0.0375, 0.3)),
  { ...groq("llama-3.3-70b-versatile", "fast", usd(0.59, null, 0.79)), output: 32_768, can: ["tools", "json"] },

  bedrock("us.anthropic.claude-opus-5-5", "best", usd(4.4, 0.22, 22)),
  bedrock("us.anthropic.claude-sonnet-5", "balanced", usd(2.2, 0.22, 11)),
  {
    ...bedrock("us.anthropic.claude-haiku-4-5-20251001-v1:0", "fast", usd(1.1, 0.11, 5.5)),
    context: 200_000,
    output: 64_000,
  },
  {
    ...bedrock("us.amazon.nova-pro-v1:0", "balanced", usd(0.8, 0.2, 3.2)),
    context: 300_000,
    output: 10_000,
    can: ["tools", "images"],
  },
];
