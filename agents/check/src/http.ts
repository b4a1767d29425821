import { defineTool, Probe } from "@gantry/sdk";
import { z } from "zod";
import { Address } from "./address.ts";
import { ask } from "./ask.ts";
import { waitUntil } from "./wait-until.ts";

export const checkHttp = defineTool({
  name: "check.http",
  version: "1.0.0",
  title: "Check what an address answers",
  effect: "reads",
  input: z.object({
    url: Address,
    status: z.int().min(100).max(599).default(200),
    /** How long it may take until it answers so. */
    timeoutMs: z.int().min(0).max(300_000).default(60_000),
  }),
  output: z.object({ probes: z.array(Probe).min(1) }),
  async run({ url, status, timeoutMs }, { signal }) {
    const probe = await waitUntil(() => probeStatus(url, status, signal), { timeoutMs, signal });
    return { probes: [probe] };
  },
  verify: (_input, { probes }) => Promise.resolve({ probes }),
});

async function probeStatus(url: string, status: number, signal: AbortSignal): Promise<Probe> {
  const about = { name: `GET ${url}`, expected: `status ${status}` };
  try {
    const answer = await ask(url, signal);
    return { ...about, actual: `status ${answer.status}`, passed: answer.status === status };
  } catch (error) {
    signal.throwIfAborted();
    return { ...about, actual: error instanceof Error ? error.message : String(error), passed: false };
  }
}
