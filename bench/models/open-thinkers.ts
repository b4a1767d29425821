import type { Client } from "@gantry/sdk/client";
import type { Engine, OpenOptions } from "../peers/engine.ts";
import { openGantry } from "../peers/gantry/engine.ts";

/** What the provider calls in each turn of an agent of ours. */
export const ownTool = "thinker__look";

export interface ThinkersOptions {
  provider: { url: string };
  /** Runs at once. */
  capacity: number;
  /** How the provider answers. */
  model?: "agent" | "late";
  onClient?(client: Client): void;
}

/** The product with an agent that thinks in each run, and the provider as its only model. */
export function openThinkers(
  options: OpenOptions,
  { provider, capacity, model = "agent", onClient }: ThinkersOptions,
): Promise<Engine> {
  const price = { priceInput: "1", priceOutput: "4" };
  const settings = { provider: "compatible", url: provider.url, models: model, atOnce: "10000", ...price };
  return openGantry(options, {
    runbook: "thinker.think",
    through: "store",
    agent: new URL("thinker.ts", import.meta.url),
    capacity,
    // As `gantry up` starts it: see cli/src/server-process.ts.
    flags: ["--max-semi-space-size=4"],
    env: { GANTRY_OUTGOING_ALLOW: "127.0.0.0/8" },
    prepare: (client) => {
      onClient?.(client);
      return client.connections.put("model", { kind: "model", settings, secrets: {} });
    },
  });
}
