import { z } from "zod";
import { ErrorData } from "../error-data.ts";
import { bulkLimit } from "./bulk-limit.ts";
import { Name, Page, PageQuery, Reason, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { RunStatus, RunSummary } from "./runs.ts";

/** At least one must be given, and all that are must fit. Sub-runs go with their parents and are never taken by a filter. */
export const BulkFilter = z
  .object({
    status: z.array(RunStatus).min(1).max(20).optional(),
    project: Name.optional(),
    environment: Name.optional(),
    runbook: z.string().min(1).max(200).optional(),
    /** Name or id of who asked for the run. */
    requester: z.string().min(1).max(200).optional(),
    /** In the goal, whatever its case, or what the id begins with. */
    text: Text(200).optional(),
    dryRun: z.boolean().optional(),
    createdAfter: Timestamp.optional(),
    createdBefore: Timestamp.optional(),
    /** These very runs, as far as the rest of the filter fits them. */
    runs: z.array(Uuid).min(1).max(bulkLimit).optional(),
  })
  .strict();
export type BulkFilter = z.infer<typeof BulkFilter>;

const reason = Reason.nullable().default(null);

/** What is told to each run, like the command of the same name. Runs that it can't apply to aren't put on the list. */
export const BulkCommand = z.discriminatedUnion("action", [
  z.object({ action: z.literal("cancel"), undo: z.boolean().default(false), reason }),
  z.object({ action: z.literal("pause"), reason }),
  z.object({ action: z.literal("resume") }),
  z.object({ action: z.literal("retry") }),
  z.object({ action: z.literal("undo"), reason: Reason }),
]);
export type BulkCommand = z.infer<typeof BulkCommand>;

export const BulkActionView = z.object({
  id: Uuid,
  command: BulkCommand,
  filter: BulkFilter,
  /** How many runs are on the list; confirming names it. */
  count: z.int(),
  /** `frozen`: waits to be confirmed. `running`: told to the runs, of which not all have answered. */
  status: z.enum(["frozen", "expired", "running", "done"]),
  progress: z.object({ pending: z.int(), ok: z.int(), refused: z.int() }),
  requester: Who,
  createdAt: Timestamp,
  /** Until when it may be confirmed. */
  expiresAt: Timestamp,
  confirmedAt: Timestamp.nullable(),
});
export type BulkActionView = z.infer<typeof BulkActionView>;

export const BulkItem = z.object({
  run: Uuid,
  goal: z.string(),
  environment: z.string(),
  /** What became of the command for this run. */
  result: z.enum(["pending", "ok", "refused"]),
  error: ErrorData.nullable(),
});
export type BulkItem = z.infer<typeof BulkItem>;

const BulkParams = z.object({ bulk: Uuid });

export const bulkActions = {
  create: endpoint({
    id: "bulkActions.create",
    method: "POST",
    path: "/bulk-actions",
    summary:
      "Freeze the list of runs that a filter finds now, for one command to all of them. Nothing is told to them yet.",
    scope: "run",
    resource: { kind: "place", in: "body.filter" },
    body: z.object({ command: BulkCommand, filter: BulkFilter }).strict(),
    answer: BulkActionView.extend({ sample: z.array(RunSummary) }),
    status: 201,
  }),
  confirm: endpoint({
    id: "bulkActions.confirm",
    method: "POST",
    path: "/bulk-actions/:bulk/confirm",
    summary: "Tell the command to every run of the frozen list. The count must be that of the list.",
    scope: "run",
    resource: { kind: "bulkAction", param: "bulk" },
    params: BulkParams,
    body: z.object({ count: z.int().min(1) }).strict(),
    answer: BulkActionView,
  }),
  list: endpoint({
    id: "bulkActions.list",
    method: "GET",
    path: "/bulk-actions",
    summary: "Bulk actions, newest first.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: PageQuery,
    answer: Page(BulkActionView),
  }),
  get: endpoint({
    id: "bulkActions.get",
    method: "GET",
    path: "/bulk-actions/:bulk",
    summary:
      "One bulk action with its progress. With `beyond` it waits up to 10 s until more runs than that have answered, so that nobody has to ask again and again.",
    scope: "read",
    resource: { kind: "anywhere" },
    params: BulkParams,
    query: z.object({ beyond: z.coerce.number().int().min(0).max(bulkLimit).optional() }),
    answer: BulkActionView,
  }),
  items: endpoint({
    id: "bulkActions.items",
    method: "GET",
    path: "/bulk-actions/:bulk/items",
    summary: "The runs of a bulk action, and what became of the command for each.",
    scope: "read",
    resource: { kind: "anywhere" },
    params: BulkParams,
    query: PageQuery,
    answer: Page(BulkItem),
  }),
} as const;
