import { z } from "zod";
import type { CallOptions } from "../../client/index.ts";

/** What POSTs of the API call an idempotency key. A client that lost an answer calls again, and so does a model. */
export const RequestId = z
  .string()
  .regex(/^[\x21-\x7e]{8,150}$/)
  .describe(
    "A text of your own for this very request, such as a UUID. The same again, with the same arguments, starts nothing a second time.",
  );

/** Kinds of calls have names of their own, so that one id never means two different requests. */
export function repeatable<T>(kind: string, requestId: string, call: (options: CallOptions) => Promise<T>): Promise<T> {
  return call({ idempotencyKey: `mcp-${kind}-${requestId}` });
}
