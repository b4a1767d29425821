import { defineTool, Probe } from "@gantry/sdk";
import { z } from "zod";
import { Address } from "./address.ts";
import { ask } from "./ask.ts";
import { waitUntil } from "./wait-until.ts";

export const checkLatency = defineTool({
  name: "check.latency",
  version: "1.0.0",
  title: "Check how fast an address answers",
  effect: "reads",
  input: z.object({
    url: Address,
    percentile: z.int().min(1).max(99),
    /** The percentile must stay below. */
    ms: z.int().min(1).max(60_000),
    /** How long it may take until it does. */
    timeoutMs: z.int().min(0).max(300_000).default(300_000),
  }),
  output: z.object({ probes: z.array(Probe).min(1) }),
  async run({ url, percentile, ms, timeoutMs }, { signal }) {
    const probe = await waitUntil(() => probeLatency(url, { percentile, ms }, signal), { timeoutMs, signal });
    return { probes: [probe] };
  },
  verify: (_input, { probes }) => Promise.resolve({ probes }),
});

/** Requests one after the other, as many as the percentile needs to mean something. Errors of the server count as slow. */
async function probeLatency(
  url: string,
  { percentile, ms }: { percentile: number; ms: number },
  signal: AbortSignal,
): Promise<Probe> {
  const count = Math.max(20, Math.ceil(100 / (100 - percentile)));
  const about = { name: `p${percentile} of ${count} × GET ${url}`, expected: `below ${ms} ms` };
  const times: number[] = [];
  try {
    for (let sent = 0; sent < count; sent++) {
      const answer = await ask(url, signal);
      if (answer.status >= 500) return { ...about, actual: `status ${answer.status}`, passed: false };
      times.push(answer.ms);
    }
  } catch (error) {
    signal.throwIfAborted();
    return { ...about, actual: error instanceof Error ? error.message : String(error), passed: false };
  }
  const reached = times.toSorted((a, b) => a - b)[Math.ceil((percentile / 100) * count) - 1] ?? Infinity;
  return { ...about, actual: `${Math.round(reached)} ms`, passed: reached < ms };
}
