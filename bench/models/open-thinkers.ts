import type { Engine, OpenOptions } from "../peers/engine.ts";
import { openGantry } from "../peers/gantry/engine.ts";

/** What the provider calls in each turn of an agent of ours. */
export const ownTool = "thinker__look";

/** The product with an agent that thinks in each run, and the provider as its only model. */
export function openThinkers(
  options: OpenOptions,
  { provider, capacity }: { provider: { url: string }; capacity: number },
): Promise<Engine> {
  const settings = {
    provider: "compatible",
    url: provider.url,
    models: "agent",
    atOnce: "10000",
    priceInput: "1",
    priceOutput: "4",
  };
  return openGantry(options, {
    runbook: "thinker.think",
    through: "store",
    agent: new URL("thinker.ts", import.meta.url),
    capacity,
    // As `gantry up` starts it: see cli/src/server-process.ts.
    flags: ["--max-semi-space-size=4"],
    env: { GANTRY_OUTGOING_ALLOW: "127.0.0.0/8" },
    prepare: (client) => client.connections.put("model", { kind: "model", settings, secrets: {} }),
  });
}
