import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "./log.ts";

/** Does `work` again and again, with a pause between, until it is stopped; a time that fails is logged and the next one comes. */
export function repeat(
  work: (signal: AbortSignal) => Promise<unknown>,
  { everyMs, log, failure }: { everyMs: number; log: Log; failure: string },
): { stop(): Promise<void> } {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await work(stop.signal).catch((err: unknown) => log.warn({ err }, failure));
      await delay(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}
