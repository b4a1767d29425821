import {
  closedBreaker,
  endTrial,
  noteFailure,
  pass,
  type Breaker,
  type BreakerRules,
} from "../domain/limits/breaker.ts";
import { ModelBusyError, ModelCallStoppedError, type Asked } from "./errors.ts";

/** How a connection has fared in this process: its breaker, its places, and how fast its models are. */
export interface Health {
  /** Whether it would let a call through now. */
  isOpen(now: number): boolean;
  /** How long the model took to its first token lately; null: never asked. */
  latencyOf(model: string): number | null;
  /** Takes a place, waiting for one if need be. @throws ModelBusyError, ModelCallStoppedError */
  enter(
    asked: Asked,
    options: { atOnce: number; waitMs: number; call: string; now: number; signal: AbortSignal },
  ): Promise<Leave>;
}

/** Gives the place back and tells how it went; null: it speaks neither for nor against the provider. */
export type Leave = (outcome: { failed: string | null; firstTokenMs: number | null } | null) => void;

/** Less than the engine's own rules for connections take to trip: a run waits there, here the next model is asked. */
const rules: BreakerRules = { failures: 5, windowMs: 30_000, openMs: 10_000, longestMs: 300_000 };

/** Weight of the newest. */
const smoothing = 0.3;

export function createHealth(now: () => number): Health {
  const breaker: Breaker = closedBreaker();
  const latencies = new Map<string, number>();
  const waiting: (() => void)[] = [];
  let inside = 0;

  const leave = (): void => {
    const next = waiting.shift();
    // The place changes hands.
    if (next !== undefined) return next();
    inside -= 1;
  };
  const place = async (asked: Asked, atOnce: number, waitMs: number, signal: AbortSignal): Promise<void> => {
    if (signal.aborted) throw new ModelCallStoppedError({ cause: signal.reason });
    if (inside < atOnce) {
      inside += 1;
      return;
    }
    const turn = Promise.withResolvers<void>();
    waiting.push(turn.resolve);
    const giveUp = (why: Error): void => {
      const at = waiting.indexOf(turn.resolve);
      if (at < 0) return;
      waiting.splice(at, 1);
      turn.reject(why);
    };
    const busy = `${atOnce} calls are under way, the most that its connection allows (atOnce).`;
    const timer = setTimeout(() => giveUp(new ModelBusyError(asked, busy)), waitMs);
    const stopped = (): void => giveUp(new ModelCallStoppedError({ cause: signal.reason }));
    signal.addEventListener("abort", stopped, { once: true });
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stopped);
    }
  };

  return {
    isOpen: (at) => breaker.state === "open" && at < (breaker.retryAt ?? 0),
    latencyOf: (model) => latencies.get(model) ?? null,
    async enter(asked, { atOnce, waitMs, call, now: at, signal }) {
      const passed = pass(breaker, call, at);
      if (passed !== true)
        throw new ModelBusyError(
          asked,
          `it failed too often (${breaker.reason ?? "no reason known"}), and is tried again soon.`,
        );
      try {
        await place(asked, atOnce, waitMs, signal);
      } catch (error) {
        endTrial(breaker, rules, call, "released", now());
        throw error;
      }
      return (outcome) => {
        leave();
        if (outcome === null) return endTrial(breaker, rules, call, "released", now());
        if (outcome.failed === null) {
          endTrial(breaker, rules, call, "answered", now());
          if (breaker.state === "closed") breaker.failures = [];
        } else {
          endTrial(breaker, rules, call, "failed", now());
          noteFailure(breaker, rules, now(), outcome.failed);
        }
        if (outcome.firstTokenMs === null) return;
        const before = latencies.get(asked.model) ?? outcome.firstTokenMs;
        latencies.set(asked.model, before + (outcome.firstTokenMs - before) * smoothing);
      };
    },
  };
}
