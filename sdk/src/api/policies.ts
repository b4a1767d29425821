import { z } from "zod";
import { Name, Page, Reason, Text, Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** One `forbid` of a policy. */
export const PolicyStatement = z.object({
  id: z.string(),
  reason: z.string().nullable(),
  /** Who can lift it; null: nobody. */
  approval: z.object({ group: z.string(), count: z.int().min(1) }).nullable(),
});

/** What is wrong with a policy. An error keeps it from being stored, a warning doesn't. */
export const PolicyProblem = z.object({
  severity: z.enum(["error", "warning"]),
  /** Stable. */
  rule: z.string(),
  message: z.string(),
  /** The statement's @id, where it has one. */
  statement: z.string().nullable(),
  /** From 1. */
  line: z.int(),
  column: z.int(),
});
export type PolicyProblem = z.infer<typeof PolicyProblem>;

export const PolicyHead = z.object({
  name: z.string(),
  /** Where it is in force, and below; both null: in all of the organization. */
  project: z.string().nullable(),
  environment: z.string().nullable(),
  version: z.int(),
  statements: z.array(PolicyStatement),
  updatedAt: Timestamp,
  actor: z.string(),
  reason: z.string().nullable(),
  /** The version that it brought back. */
  restoredFrom: z.int().nullable(),
});
export type PolicyHead = z.infer<typeof PolicyHead>;

export const PolicyView = PolicyHead.extend({ text: z.string() });
export type PolicyView = z.infer<typeof PolicyView>;

export const PolicyVersionView = z.object({
  version: z.int(),
  current: z.boolean(),
  /** True for the version that stands for its removal. */
  removed: z.boolean(),
  createdAt: Timestamp,
  actor: z.string(),
  reason: z.string().nullable(),
  restoredFrom: z.int().nullable(),
});
export type PolicyVersionView = z.infer<typeof PolicyVersionView>;

export const PolicyDiff = z.object({
  from: z.int(),
  to: z.int(),
  /** Statements by their @id. */
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(z.string()),
  lines: z.array(z.object({ change: z.enum(["same", "removed", "added"]), text: z.string() })),
});
export type PolicyDiff = z.infer<typeof PolicyDiff>;

/** Neither given: the organization's. An environment's policy names its project too. */
const Place = { project: Name.optional(), environment: Name.optional() };
const PlaceQuery = z.object(Place);
const params = z.object({ policy: Name });
const Version = z.coerce.number().int().min(1);
/** The version that whoever changes it has seen; 0: there is none. It is refused when somebody changed it meanwhile. */
const ExpectedVersion = z.coerce.number().int().min(0);
const PolicyText = Text(20_000);

export const policies = {
  list: endpoint({
    id: "policies.list",
    method: "GET",
    path: "/policies",
    summary: "Policies of the organization, its projects and environments; of a place those in force there.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: PlaceQuery,
    answer: Page(PolicyHead),
  }),
  get: endpoint({
    id: "policies.get",
    method: "GET",
    path: "/policies/:policy",
    summary: "A policy of one place, with its text; an old version of it, too.",
    scope: "read",
    resource: { kind: "place", in: "query" },
    params,
    query: PlaceQuery.extend({ version: Version.optional() }),
    answer: PolicyView,
  }),
  put: endpoint({
    id: "policies.put",
    method: "PUT",
    path: "/policies/:policy",
    summary: "Store a new version of a policy. It decides from the next decision on, on every server and worker.",
    scope: "admin",
    resource: { kind: "place", in: "query" },
    params,
    query: PlaceQuery,
    body: z.object({ text: PolicyText, expectedVersion: ExpectedVersion.optional(), reason: Reason.optional() }),
    answer: PolicyView.extend({ problems: z.array(PolicyProblem) }),
    audit: { details: ["expectedVersion"] },
  }),
  versions: endpoint({
    id: "policies.versions",
    method: "GET",
    path: "/policies/:policy/versions",
    summary: "Versions of a policy, newest first; of one that was removed, too.",
    scope: "read",
    resource: { kind: "place", in: "query" },
    params,
    query: PlaceQuery,
    answer: Page(PolicyVersionView),
  }),
  diff: endpoint({
    id: "policies.diff",
    method: "GET",
    path: "/policies/:policy/diff",
    summary: "What changed between two versions of a policy; the newest two unless told.",
    scope: "read",
    resource: { kind: "place", in: "query" },
    params,
    query: PlaceQuery.extend({ from: Version.optional(), to: Version.optional() }),
    answer: PolicyDiff,
  }),
  restore: endpoint({
    id: "policies.restore",
    method: "POST",
    path: "/policies/:policy/restore",
    summary: "Make an old version the newest again.",
    scope: "admin",
    resource: { kind: "place", in: "query" },
    params,
    query: PlaceQuery,
    body: z.object({ version: z.int().min(1), expectedVersion: ExpectedVersion.optional(), reason: Reason }),
    answer: PolicyView,
    audit: { details: ["version", "expectedVersion"] },
  }),
  remove: endpoint({
    id: "policies.remove",
    method: "DELETE",
    path: "/policies/:policy",
    summary: "Remove a policy of one place. Its versions stay and can be restored.",
    scope: "admin",
    resource: { kind: "place", in: "query" },
    params,
    query: PlaceQuery.extend({ expectedVersion: ExpectedVersion.optional(), reason: Reason.optional() }),
    status: 204,
    audit: { details: ["expectedVersion"] },
  }),
  lint: endpoint({
    id: "policies.lint",
    method: "POST",
    path: "/policies/lint",
    summary: "Check a policy's text without storing it.",
    scope: "read",
    resource: { kind: "place", in: "body" },
    body: z.object({ ...Place, text: PolicyText }),
    answer: z.object({ problems: z.array(PolicyProblem), statements: z.array(PolicyStatement) }),
  }),
} as const;
