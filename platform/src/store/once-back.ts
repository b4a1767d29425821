import { setTimeout as delay } from "node:timers/promises";

const againMs = 250;

/**
 * What only looks, asked again while Postgres is away: an attempt under way outlives that.
 * @throws whatever else `ask` throws, and AbortError once nobody wants to know any more
 */
export async function onceBack<Value>(ask: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error)) throw error;
      await delay(againMs, undefined, { signal });
    }
  }
}

/** Classes 08 (connection) and 57P (shut down, crashed, starting), what sockets say, and what pg says of a connection that ended. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isAway);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return (
    /^(08...|57P..|ECONNREFUSED|ECONNRESET|EPIPE|ENOENT)$/.test(code) ||
    error.message.startsWith("Connection terminated")
  );
}
