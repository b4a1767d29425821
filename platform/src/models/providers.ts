import type { LanguageModelV4 } from "@ai-sdk/provider";
import { speaksChat, type Offer } from "./offers.ts";
import { ollamaModel } from "./ollama.ts";

/** What the provider's credentials are called in the connection's `secrets`. */
export type Credentials = Readonly<Record<string, string>>;

export type Streaming = Pick<LanguageModelV4, "doStream">;
export type OpenModel = (model: string) => Streaming;

/** Uses of secrets that a provider can't do without; models of one's own mostly ask for none. */
export function neededSecrets({ provider }: Offer, given: readonly string[]): readonly string[] {
  if (provider === "bedrock") return given.includes("key") ? ["key"] : ["accessKeyId", "secretAccessKey"];
  return provider === "ollama" || provider === "vllm" || provider === "compatible" ? [] : ["key"];
}

/**
 * The provider's package, loaded when somebody asks one of its models: most installations use one or two. Everything that packages would
 * read of the environment is given, so that they don't.
 */
export async function openProvider(
  offer: Offer,
  credentials: Credentials,
  fetch: typeof globalThis.fetch,
): Promise<OpenModel> {
  const { provider, url, region } = offer;
  const apiKey = credentials["key"] ?? "";
  const at = url === null ? {} : { baseURL: url.replace(/\/+$/, "") };
  switch (provider) {
    case "anthropic": {
      const { createAnthropic } = await import("@ai-sdk/anthropic");
      return createAnthropic({ apiKey, fetch, baseURL: "https://api.anthropic.com/v1", ...at });
    }
    case "openai": {
      const { createOpenAI } = await import("@ai-sdk/openai");
      return createOpenAI({ apiKey, fetch, baseURL: "https://api.openai.com/v1", ...at }).responses;
    }
    case "azure": {
      // Its v1 API is OpenAI's, at an address of one's own.
      const { createOpenAI } = await import("@ai-sdk/openai");
      return createOpenAI({ apiKey, fetch, name: "azure", headers: { "api-key": apiKey }, ...at }).responses;
    }
    case "google": {
      const { createGoogle } = await import("@ai-sdk/google");
      return createGoogle({ apiKey, fetch, baseURL: "https://generativelanguage.googleapis.com/v1beta", ...at });
    }
    case "mistral": {
      const { createMistral } = await import("@ai-sdk/mistral");
      return createMistral({ apiKey, fetch, baseURL: "https://api.mistral.ai/v1", ...at });
    }
    case "groq": {
      const { createGroq } = await import("@ai-sdk/groq");
      return createGroq({ apiKey, fetch, baseURL: "https://api.groq.com/openai/v1", ...at });
    }
    case "bedrock": {
      const { createAmazonBedrock } = await import("@ai-sdk/amazon-bedrock");
      const { accessKeyId = "", secretAccessKey = "", sessionToken } = credentials;
      const keys =
        apiKey === ""
          ? { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
          : { apiKey };
      const where = region ?? "";
      const baseURL = `https://bedrock-runtime.${where}.amazonaws.com`;
      return createAmazonBedrock({ ...keys, region: where, fetch, baseURL, ...at });
    }
    case "ollama":
      if (url === null || speaksChat(offer)) return openCompatible(offer, apiKey, fetch);
      return (model) => {
        const context = offer.models.find((one) => one.model === model)?.context ?? null;
        return ollamaModel({ url, key: apiKey, fetch, context, keepAlive: offer.keepAlive }, model);
      };
    case "openrouter":
    case "vllm":
    case "compatible":
      return openCompatible(offer, apiKey, fetch);
    default:
      return provider satisfies never;
  }
}

/** Whatever speaks OpenAI's Chat Completions. */
async function openCompatible(
  { provider, url }: Offer,
  apiKey: string,
  fetch: typeof globalThis.fetch,
): Promise<OpenModel> {
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  return createOpenAICompatible({
    name: provider,
    fetch,
    includeUsage: true,
    supportsStructuredOutputs: true,
    baseURL: (url ?? "https://openrouter.ai/api/v1").replace(/\/+$/, ""),
    ...(apiKey === "" ? {} : { apiKey }),
  });
}
