import { catalogue, type KnownModel, type Price, type Provider } from "./catalogue.ts";
import type { ModelCost, ModelUsage } from "./types.ts";

/** A model as its connection offers it. */
export interface Priced {
  provider: Provider;
  known: KnownModel | null;
  /** As the connection's settings say; it goes before the catalogue. */
  ownPrice: Price | null;
}

/** Models that run on machines of one's own are paid for otherwise. */
const unbilled: ReadonlySet<Provider> = new Set(["ollama", "vllm"]);
const free: Price = { input: 0, cached: 0, output: 0 };

/** Anthropic and OpenAI take a quarter more for what they keep for a while; nobody takes more than that. */
const cacheWriteFactor = 1.25;

/** Dollars per million tokens are millionths of a dollar per token, so micros come out of a plain product. */
export function costOf(model: Priced, usage: ModelUsage, at: number): ModelCost {
  const { price, known } = priceOf(model, usage.input, at);
  const { cacheWrite = 0 } = usage;
  const fresh = usage.input - usage.cachedInput + cacheWrite * (cacheWriteFactor - 1);
  const micros = fresh * price.input + usage.cachedInput * (price.cached ?? price.input) + usage.output * price.output;
  // Products of decimals are a hair off.
  return { micros: Math.max(0, Math.ceil(micros - 1e-6)), currency: "USD", known };
}

/** With the length of the prompt, by which some prices go. */
export function priceOf({ provider, known, ownPrice }: Priced, promptTokens: number, at: number): Quoted {
  if (ownPrice !== null) return { price: ownPrice, known: true };
  if (unbilled.has(provider)) return { price: free, known: true };
  const listed = known === null ? null : priceAt(known, promptTokens, at);
  return listed === null ? { price: dearest(provider), known: false } : { price: listed, known: true };
}

interface Quoted {
  price: Price;
  known: boolean;
}

function priceAt({ price, long, later }: KnownModel, promptTokens: number, at: number): Price | null {
  if (later !== undefined && at >= Date.parse(later.from)) return later;
  return long !== undefined && promptTokens > long.above ? long : price;
}

/** Of its provider; of all where the catalogue knows none of its models. */
function dearest(provider: Provider): Price {
  const own = catalogue.filter((one) => one.provider === provider && one.price !== null);
  const all = (own.length > 0 ? own : catalogue).flatMap(({ price, long, later }) =>
    [price, long, later].filter((one) => one !== null && one !== undefined),
  );
  return {
    input: Math.max(...all.map(({ input }) => input)),
    cached: null,
    output: Math.max(...all.map(({ output }) => output)),
  };
}
