import { Gauge, type Registry } from "prom-client";

/** Calls of the last hour to one model, over all organizations. Averages are null where nothing was answered. */
export interface ModelNumbers {
  provider: string;
  model: string;
  answered: number;
  failed: number;
  open: number;
  input: number;
  cached: number;
  output: number;
  micros: number;
  firstTokenMs: number | null;
  totalMs: number | null;
}

/** What was asked of models in the last hour, for `/metrics`. Returns how to say it anew. */
export function modelGauges(registers: Registry[]): (models: readonly ModelNumbers[]) => void {
  const labelNames = ["provider", "model"] as const;
  const calls = new Gauge({
    name: "gantry_model_calls",
    help: "Calls of models in the last hour, by how they ended; open: a budget has set something aside for them.",
    labelNames: [...labelNames, "state"],
    registers,
  });
  const tokens = new Gauge({
    name: "gantry_model_tokens",
    help: "Tokens of models in the last hour: input, of it what came from the provider's cache, and output.",
    labelNames: [...labelNames, "kind"],
    registers,
  });
  const cost = new Gauge({
    name: "gantry_model_cost_dollars",
    help: "What calls of models in the last hour came to.",
    labelNames,
    registers,
  });
  const seconds = new Gauge({
    name: "gantry_model_seconds",
    help: "Average of the last hour until the first token, and until the end of the answer.",
    labelNames: [...labelNames, "until"],
    registers,
  });
  return (models) => {
    for (const gauge of [calls, tokens, cost, seconds]) gauge.reset();
    for (const { provider, model, firstTokenMs, totalMs, ...one } of models) {
      const of = { provider, model };
      for (const state of ["answered", "failed", "open"] as const) calls.set({ ...of, state }, one[state]);
      for (const kind of ["input", "cached", "output"] as const) tokens.set({ ...of, kind }, one[kind]);
      cost.set(of, one.micros / 1e6);
      if (firstTokenMs !== null) seconds.set({ ...of, until: "first_token" }, firstTokenMs / 1_000);
      if (totalMs !== null) seconds.set({ ...of, until: "end" }, totalMs / 1_000);
    }
  };
}
