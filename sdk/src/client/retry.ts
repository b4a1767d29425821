import { ApiError } from "./errors.ts";

/** Exponential, from 200 ms to 5 s, half of it random so that clients don't come back together. Milliseconds. */
export function backOff(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(5_000, 200 * 2 ** (attempt - 1));
  return full / 2 + (full / 2) * random();
}

/** How long the server asked to wait, in milliseconds; at most a minute. */
export function waitOf(failure: Error): number | null {
  const seconds = failure instanceof ApiError ? failure.details["retryAfter"] : undefined;
  return typeof seconds === "number" && seconds >= 0 ? Math.min(seconds, 60) * 1_000 : null;
}

/** @throws the signal's reason when it is aborted meanwhile. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
