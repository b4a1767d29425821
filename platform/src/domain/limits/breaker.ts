import type { ErrorData } from "@gantry/sdk";

/**
 * A circuit breaker: `closed` lets everything through and counts failures, `open` nothing until `retryAt`, `half_open` one
 * trial, whose outcome closes it or opens it for twice as long. Times are Unix milliseconds.
 */
export interface Breaker {
  state: "closed" | "open" | "half_open";
  /** The latest failures, in order. */
  failures: number[];
  openedAt: number | null;
  retryAt: number | null;
  openMs: number;
  /** The attempt that is let through. */
  trial: string | null;
  reason: string | null;
}

/** When a breaker opens and for how long. Milliseconds. */
export interface BreakerRules {
  readonly failures: number;
  readonly windowMs: number;
  readonly openMs: number;
  readonly longestMs: number;
}

export const breakerRules: BreakerRules = { failures: 5, windowMs: 30_000, openMs: 15_000, longestMs: 300_000 };

export const closedBreaker = (): Breaker => ({
  state: "closed",
  failures: [],
  openedAt: null,
  retryAt: null,
  openMs: 0,
  trial: null,
  reason: null,
});

/** Counts a failure; opens when there were so many within a while. What still fails while it is open is no news. */
export function noteFailure(breaker: Breaker, rules: BreakerRules, at: number, reason: string): void {
  if (breaker.state !== "closed") return;
  breaker.failures = [...breaker.failures.filter((one) => one > at - rules.windowMs), at];
  if (breaker.failures.length >= rules.failures) open(breaker, at, rules.openMs, reason);
}

/** True when the attempt may start; half-open it is the trial then. Otherwise when to ask again, null: after the trial. */
export function pass(breaker: Breaker, attempt: string, now: number): true | { until: number | null } {
  if (breaker.state === "closed") return true;
  if (breaker.state === "open" && now < (breaker.retryAt ?? 0)) return { until: breaker.retryAt };
  if (breaker.trial !== null) return { until: null };
  Object.assign(breaker, { state: "half_open", trial: attempt });
  return true;
}

/** What the trial came to; `released`: it never began, so another may be it. */
export function endTrial(
  breaker: Breaker,
  rules: BreakerRules,
  attempt: string,
  outcome: "answered" | "failed" | "released",
  at: number,
): void {
  if (breaker.trial !== attempt) return;
  breaker.trial = null;
  if (outcome === "answered") Object.assign(breaker, closedBreaker());
  if (outcome === "failed") {
    const longer = Math.min(breaker.openMs * 2, rules.longestMs);
    open(breaker, at, longer, breaker.reason ?? "The trial failed.");
  }
}

function open(breaker: Breaker, at: number, openMs: number, reason: string): void {
  Object.assign(breaker, { state: "open", failures: [], openedAt: at, retryAt: at + openMs, openMs, reason });
}

/** Retryable, but not because of the connection: what the platform itself says of an attempt. */
const notOfConnections = new Set(["attempt_lost", "verification_failed"]);

/** True for an outcome that speaks against the connection: it may work later without anybody changing the request. */
export function isConnectionFailure(error: ErrorData): boolean {
  return error.retryable && !notOfConnections.has(error.code);
}
