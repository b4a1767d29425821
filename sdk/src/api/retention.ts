import { z } from "zod";
import { Actor } from "../events.ts";
import { Page, PageQuery, Reason, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { RunParams } from "./runs.ts";

/** What ages by a rule of its own. Plans, artifacts and evidence go with their run. */
export const RetentionKind = z.enum([
  /** What steps wrote, of runs that have ended. */
  "logs",
  /** Archives of purged runs; the entry of each stays. */
  "archives",
  /** Records of the audit trail; their hashes stay. */
  "audit",
  /** Notifications and webhooks that were delivered, or given up. */
  "deliveries",
  /** What triggers did, and the keys by which a repeated delivery is known. */
  "occurrences",
  /** Versions of Terraform states but the newest ten. */
  "states",
  /** Versions of secrets that are no longer in use. */
  "secrets",
  /** API keys that were revoked or have expired. */
  "keys",
  /** Invitations that were accepted or revoked or have expired. */
  "invitations",
  /** Delegations of approvals that have ended. */
  "delegations",
  /** Lists of bulk actions. */
  "bulk-actions",
  /** What each call of a model was and cost. */
  "model-calls",
  /** What was asked of models and what they answered, where the organization has it kept. */
  "prompts",
  /** What agents noted of projects; what people noted or pinned stays. */
  "memories",
]);
export type RetentionKind = z.infer<typeof RetentionKind>;

export const RetentionKindView = z.object({
  kind: RetentionKind,
  /** Null: for ever, or as long as what it belongs to. */
  keepDays: z.int().nullable(),
  own: z.boolean(),
  /** Fewer days can't be set. */
  minimumDays: z.int(),
  setBy: Actor.nullable(),
  setAt: Timestamp.nullable(),
});
export type RetentionKindView = z.infer<typeof RetentionKindView>;

export const RetentionPreview = z.object({
  items: z.array(
    z.object({
      kind: z.enum(["runs", ...RetentionKind.options]),
      keepDays: z.int().nullable(),
      /** How many would go now. Of runs: before it is looked whether others of their goal must stay. */
      count: z.int(),
      /** There are more than were counted. */
      more: z.boolean(),
    }),
  ),
});
export type RetentionPreview = z.infer<typeof RetentionPreview>;

const keepDays = z.union([z.int().min(1).max(36_500), z.enum(["never", "default"])]);

export const RetentionView = z.object({
  /** Days that a run is kept once it has ended; null: for ever. */
  keepDays: z.int().nullable(),
  /** Whether the organization set it; otherwise it is the installation's default. */
  own: z.boolean(),
  /** Days that a run which changed something is kept at least, because it can still be undone. */
  undoDays: z.int(),
  setBy: Actor.nullable(),
  setAt: Timestamp.nullable(),
  /** Runs and events that were purged so far. */
  purged: z.object({ runs: z.int(), events: z.int() }),
  /** What has a rule of its own. */
  kinds: z.array(RetentionKindView),
});
export type RetentionView = z.infer<typeof RetentionView>;

export const HoldView = z.object({ run: Uuid, goal: z.string(), reason: z.string(), actor: Actor, at: Timestamp });
export type HoldView = z.infer<typeof HoldView>;

/** What the archive says of a run: its manifest. `hash` covers all of the others, `previous` the entry before. */
export const ArchiveEntry = z.object({
  format: z.literal(1),
  /** 1, 2, 3, … of the organization. */
  ordinal: z.int(),
  run: Uuid,
  project: z.string(),
  environment: z.string(),
  goal: z.string(),
  runbook: z.string().nullable(),
  requester: Actor,
  parent: Uuid.nullable(),
  status: z.string(),
  createdAt: Timestamp,
  finishedAt: Timestamp,
  /** SHA-256 of the archive, which is NDJSON, and its size before compression. */
  digest: z.string(),
  bytes: z.int(),
  /** Lines of each kind. */
  lines: z.record(z.string(), z.int()),
  archivedAt: Timestamp,
  /** By which rule it was purged: the days, and who set them. */
  rule: z.object({ keepDays: z.int(), setBy: Actor.nullable() }),
  previous: z.string(),
  hash: z.string(),
});
export type ArchiveEntry = z.infer<typeof ArchiveEntry>;

export const ArchiveVerification = z.object({
  checked: z.int(),
  /** Empty: everything is as it was written. */
  problems: z.array(z.object({ ordinal: z.int(), run: z.string(), problem: z.string() })),
  /** Archives that retention removed: of them the entries alone were checked. */
  removed: z.int(),
  /** Of the last entry that was checked. Kept elsewhere, it proves later that nothing before was changed. */
  head: z.object({ ordinal: z.int(), hash: z.string() }).nullable(),
  /** More entries follow behind `head`. */
  more: z.boolean(),
});
export type ArchiveVerification = z.infer<typeof ArchiveVerification>;

export const retention = {
  get: endpoint({
    id: "retention.get",
    method: "GET",
    path: "/retention",
    summary: "How long runs are kept once they have ended.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: RetentionView,
  }),
  set: endpoint({
    id: "retention.set",
    method: "PUT",
    path: "/retention",
    summary: "Set how many days runs are kept; `never` keeps them, `default` leaves it to the installation.",
    scope: "admin",
    body: z.object({ keepDays }).strict(),
    answer: RetentionView,
    audit: { details: ["keepDays"] },
  }),
  setKind: endpoint({
    id: "retention.setKind",
    method: "PUT",
    path: "/retention/kinds/:kind",
    summary: "Set how many days a kind of data is kept; `never` removes nothing, `default` leaves it to Gantry.",
    scope: "admin",
    params: z.object({ kind: RetentionKind }),
    body: z.object({ keepDays }).strict(),
    answer: RetentionKindView,
    audit: { details: ["keepDays"] },
  }),
  preview: endpoint({
    id: "retention.preview",
    method: "GET",
    path: "/retention/preview",
    summary: "What the rules as they stand would remove now; with `kind` and `keepDays`, what such a rule would.",
    scope: "read",
    query: z.object({
      kind: z.enum(["runs", ...RetentionKind.options]).optional(),
      keepDays: z.coerce.number().int().min(1).max(36_500).optional(),
    }),
    answer: RetentionPreview,
  }),
} as const;

export const holds = {
  list: endpoint({
    id: "holds.list",
    method: "GET",
    path: "/holds",
    summary: "Runs that are held, however old they get.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(HoldView),
  }),
  put: endpoint({
    id: "holds.put",
    method: "PUT",
    path: "/runs/:run/hold",
    summary: "Hold a run: it is neither archived nor purged.",
    scope: "admin",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    body: z.object({ reason: Reason }).strict(),
    status: 204,
  }),
  remove: endpoint({
    id: "holds.remove",
    method: "DELETE",
    path: "/runs/:run/hold",
    summary: "End the hold of a run.",
    scope: "admin",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    status: 204,
  }),
} as const;

export const archive = {
  list: endpoint({
    id: "archive.list",
    method: "GET",
    path: "/archive",
    summary: "Archived runs, the latest first.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: PageQuery,
    answer: Page(ArchiveEntry),
  }),
  get: endpoint({
    id: "archive.get",
    method: "GET",
    path: "/archive/runs/:run",
    summary: "What the archive says of a run.",
    scope: "read",
    resource: { kind: "anywhere" },
    params: RunParams,
    answer: ArchiveEntry,
  }),
  content: endpoint({
    id: "archive.content",
    method: "GET",
    path: "/archive/runs/:run/content",
    summary:
      "The archive of a run: a line of JSON for the run, its plan, each change set, approval, command and event.",
    scope: "read",
    resource: { kind: "anywhere" },
    params: RunParams,
    produces: ["application/x-ndjson"],
  }),
  verify: endpoint({
    id: "archive.verify",
    method: "GET",
    path: "/archive/verification",
    summary: "Read archives again and check them and their chain against what was written, from an entry on.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: z.object({
      /** Behind which entry; 0: from the first. */
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: ArchiveVerification,
  }),
} as const;
