import { z } from "zod";
import { ConnectionName, Name, Page, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

const milliseconds = z
  .int()
  .min(1)
  .max(366 * 24 * 3_600_000);
const ToolName = z.string().regex(/^[a-z][\w-]{0,62}\.[\w.-]{1,100}$/, "must be agent.tool");

export const LimitView = z.object({
  id: Uuid,
  /** `rate`: attempts per stretch of time; `concurrency`: attempts at once. */
  kind: z.enum(["rate", "concurrency"]),
  /** In words, as those who wait for it see it. */
  what: z.string(),
  tool: z.string().nullable(),
  connection: z.string().nullable(),
  project: z.string().nullable(),
  environment: z.string().nullable(),
  amount: z.int(),
  perMs: z.int().nullable(),
  /** Places that are taken by attempts under way. */
  inUse: z.int(),
  /** Runs that wait for it. */
  waiting: z.int(),
  updatedAt: Timestamp,
  /** Who set it. */
  actor: z.string(),
});
export type LimitView = z.infer<typeof LimitView>;

export const limits = {
  set: endpoint({
    id: "limits.set",
    method: "PUT",
    path: "/limits",
    summary: "Limit how often, or how many at once, attempts use a tool, a connection, or a tool on a connection.",
    scope: "admin",
    resource: { kind: "place", in: "body" },
    body: z
      .object({
        kind: LimitView.shape.kind,
        tool: ToolName.optional(),
        connection: ConnectionName.optional(),
        project: Name.optional(),
        environment: Name.optional(),
        amount: z.int().min(1).max(1_000_000),
        perMs: milliseconds.optional(),
      })
      .refine(({ kind, perMs }) => (kind === "rate") === (perMs !== undefined), {
        error: "a rate has a stretch of time (perMs), a concurrency limit has none",
        path: ["perMs"],
      })
      .refine(({ tool, connection }) => tool !== undefined || connection !== undefined, {
        error: "name a tool, a connection, or both",
        path: ["tool"],
      }),
    answer: LimitView,
  }),
  list: endpoint({
    id: "limits.list",
    method: "GET",
    path: "/limits",
    summary: "Limits, with what is in use and who waits.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(LimitView),
  }),
  remove: endpoint({
    id: "limits.remove",
    method: "DELETE",
    path: "/limits/:limit",
    summary: "Remove a limit; who waits for it goes on.",
    scope: "admin",
    resource: { kind: "limit", param: "limit" },
    params: z.object({ limit: Uuid }),
    status: 204,
  }),
} as const;
