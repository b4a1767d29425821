import { z } from "zod";
import { ChangeSet } from "../change-set.ts";
import { Digest } from "../json.ts";
import { Name, Page, PageQuery, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { ChangeSetComment } from "./runs.ts";

/** A change set that waits for people. */
export const OpenApproval = z.object({
  run: Uuid,
  hash: Digest,
  project: z.string(),
  environment: z.string(),
  goal: z.string(),
  requester: Who,
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  needed: z.array(z.object({ group: z.string(), count: z.int() })),
  given: z.array(z.object({ group: z.string(), actor: Who, onBehalfOf: Who.nullable() })),
  /** What people said about it, oldest first; the last twenty. */
  comments: z.array(ChangeSetComment),
  /** The environment wants a second factor for it. */
  needsProof: z.boolean(),
  /** Whether the caller could approve it now. */
  mine: z.boolean(),
  changeSet: ChangeSet.pick({ gate: true, effect: true, counts: true, risk: true, blastRadius: true }),
});
export type OpenApproval = z.infer<typeof OpenApproval>;

const Escalation = z.object({ afterMinutes: z.int().min(1).max(43_200), group: Text(200) });
const Approvers = z.object({ group: Name, count: z.int().min(1).max(99) });

/** What approvals need besides what policy says. */
const Wanted = z.object({
  /** An approval counts only with a second factor, given for that very change set. */
  mfa: z.boolean(),
  /** Whom to tell when nobody has decided after so long. */
  escalation: Escalation.nullable(),
  /** Whatever changes something needs so many approvals of that group at least; null: only those that policies ask for. */
  approvers: Approvers.nullable(),
});

export const ApprovalDefaults = Wanted.extend({
  /** What can't be as it is: a group that nobody is in, or too few are. */
  warnings: z.array(z.string()),
});
export type ApprovalDefaults = z.infer<typeof ApprovalDefaults>;

/** The same of one environment, as it holds there. */
export const ApprovalSettings = ApprovalDefaults.extend({
  project: z.string(),
  environment: z.string(),
  /** What the organization says, because the environment says nothing itself. */
  inherits: z.array(z.enum(["mfa", "escalation", "approvers"])),
});
export type ApprovalSettings = z.infer<typeof ApprovalSettings>;

const place = { project: Name.default("default"), environment: Name };

export const approvals = {
  list: endpoint({
    id: "approvals.list",
    method: "GET",
    path: "/approvals",
    summary: "Change sets that wait for approval, oldest first.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: PageQuery,
    answer: Page(OpenApproval),
  }),
  settings: endpoint({
    id: "approvals.settings",
    method: "GET",
    path: "/approvals/settings",
    summary: "What an environment wants of approvals besides what policy says.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: z.object(place),
    answer: ApprovalSettings,
  }),
  /** What isn't given stays as it is; `default` is what the organization says. */
  configure: endpoint({
    id: "approvals.configure",
    method: "PUT",
    path: "/approvals/settings",
    summary:
      "Say what an environment wants of approvals: a second factor, whom to tell when nobody answers, and whose approvals there must be at least.",
    scope: "admin",
    resource: { kind: "place", in: "body" },
    body: z.object({
      ...place,
      mfa: z.union([z.boolean(), z.literal("default")]).optional(),
      escalation: z.union([Escalation, z.null(), z.literal("default")]).optional(),
      approvers: z.union([Approvers, z.null(), z.literal("default")]).optional(),
    }),
    answer: ApprovalSettings,
    audit: { details: ["mfa", "approvers"] },
  }),
  defaults: endpoint({
    id: "approvals.defaults",
    method: "GET",
    path: "/approvals/defaults",
    summary: "What approvals need in environments that say nothing themselves.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: ApprovalDefaults,
  }),
  setDefaults: endpoint({
    id: "approvals.setDefaults",
    method: "PUT",
    path: "/approvals/defaults",
    summary: "Say what approvals need in environments that say nothing themselves. What isn't given stays as it is.",
    scope: "admin",
    body: Wanted.partial(),
    answer: ApprovalDefaults,
    audit: { details: ["mfa", "approvers"] },
  }),
} as const;
