export interface RetryPolicy {
  /** Tries in all; then it is a dead letter. */
  attempts: number;
  firstMs: number;
  factor: number;
  longestMs: number;
}

/** Ten tries over ten and a half hours: a receiver may be down for a night. */
export const defaultRetryPolicy: RetryPolicy = { attempts: 10, firstMs: 5_000, factor: 3, longestMs: 6 * 3_600_000 };

/** How long to wait after the `tried`-th try (from 1): it grows, and no two wait equally long. */
export function waitAfter(policy: RetryPolicy, tried: number, random: number): number {
  const full = Math.min(policy.longestMs, policy.firstMs * policy.factor ** (tried - 1));
  return Math.round(full * (0.5 + random / 2));
}

const longestHoldMs = 24 * 3_600_000;

/** Milliseconds that `Retry-After` (RFC 9110: seconds, or a date) asks for; null when it says nothing that makes sense. */
export function retryAfterMs(header: string | string[] | undefined, now: number): number | null {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return null;
  const date = /^[A-Z][a-z]{2,8}, .+ GMT$/.test(text) ? Date.parse(text) - now : Number.NaN;
  const ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * 1_000 : date;
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, longestHoldMs) : null;
}
