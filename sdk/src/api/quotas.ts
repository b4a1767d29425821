import { z } from "zod";
import { Name, Page, Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const QuotaKind = z.enum([
  "runs_at_once",
  "queued_runs",
  "steps_per_run",
  "storage_bytes",
  "submissions_per_hour",
  "projects",
  "members",
  "keys",
]);
export type QuotaKind = z.infer<typeof QuotaKind>;

export const QuotaView = z.object({
  kind: QuotaKind,
  /** Null: the organization's. */
  project: z.string().nullable(),
  limit: z.int(),
  /** How much is used now; null for what is counted per run. */
  current: z.int().nullable(),
  updatedAt: Timestamp,
  actor: z.string(),
});
export type QuotaView = z.infer<typeof QuotaView>;

export const quotas = {
  list: endpoint({
    id: "quotas.list",
    method: "GET",
    path: "/quotas",
    summary: "Quotas of the organization and its projects, with what is used.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(QuotaView),
  }),
  set: endpoint({
    id: "quotas.set",
    method: "PUT",
    path: "/quotas/:kind",
    summary: "Set a quota; without a limit it is removed. What is created past it is refused.",
    scope: "admin",
    resource: { kind: "place", in: "body" },
    params: z.object({ kind: QuotaKind }),
    body: z.object({ project: Name.optional(), limit: z.int().min(0).nullable() }),
    answer: Page(QuotaView),
    audit: { details: ["limit"] },
  }),
} as const;
