import { setTimeout as pause } from "node:timers/promises";
import type { Probe } from "@gantry/sdk";

const intervalMs = 1_000;

/** Probes until one passes or the time is up; the last one is the evidence. An answer that never came is evidence too. */
export async function waitUntil(
  probe: () => Promise<Probe>,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<Probe> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const seen = await probe();
    if (seen.passed || performance.now() + intervalMs > end) return seen;
    await pause(intervalMs, undefined, { signal });
  }
}
