import { z } from "zod";
import { Page, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const BreakerView = z.object({
  id: Uuid,
  connection: z.string(),
  project: z.string().nullable(),
  environment: z.string().nullable(),
  /** `half_open`: one attempt is let through to see. */
  state: z.enum(["closed", "open", "half_open"]),
  /** Failures of the last half minute, while it is closed. */
  failures: z.int(),
  openedAt: Timestamp.nullable(),
  retryAt: Timestamp.nullable(),
  reason: z.string().nullable(),
  waiting: z.int(),
});
export type BreakerView = z.infer<typeof BreakerView>;

export const breakers = {
  list: endpoint({
    id: "breakers.list",
    method: "GET",
    path: "/breakers",
    summary: "Circuit breakers of connections that have failed.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(BreakerView),
  }),
  reset: endpoint({
    id: "breakers.reset",
    method: "POST",
    path: "/breakers/:breaker/reset",
    summary: "Close a circuit breaker now, so that attempts use the connection again.",
    scope: "run",
    resource: { kind: "breaker", param: "breaker" },
    params: z.object({ breaker: Uuid }),
    answer: BreakerView,
  }),
} as const;
