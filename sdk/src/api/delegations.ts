import { z } from "zod";
import { Page, PageQuery, Reason, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** A right to approve for a group, lent for a time. What one has by a delegation can't be delegated on. */
export const DelegationView = z.object({
  id: Uuid,
  group: z.string(),
  from: Who,
  to: Who,
  reason: z.string(),
  createdAt: Timestamp,
  until: Timestamp,
  revokedAt: Timestamp.nullable(),
  /** It counts now: not revoked, not over, and who lent it still has the right. */
  holds: z.boolean(),
});
export type DelegationView = z.infer<typeof DelegationView>;

export const delegations = {
  create: endpoint({
    id: "delegations.create",
    method: "POST",
    path: "/delegations",
    summary: "Lend somebody your right to approve for a group, for a time.",
    scope: "approve",
    resource: { kind: "anywhere" },
    body: z.object({
      group: Text(200),
      /** An actor's id. */
      to: Uuid,
      until: Timestamp,
      reason: Reason,
    }),
    answer: DelegationView,
    status: 201,
  }),
  list: endpoint({
    id: "delegations.list",
    method: "GET",
    path: "/delegations",
    summary: "Delegations of the organization, newest first.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: PageQuery,
    answer: Page(DelegationView),
  }),
  /** One's own, given or received; another's needs the scope `admin`. */
  revoke: endpoint({
    id: "delegations.revoke",
    method: "POST",
    path: "/delegations/:delegation/revoke",
    summary: "Take a delegation back. Approvals that were given by it count no more.",
    scope: "approve",
    resource: { kind: "anywhere" },
    params: z.object({ delegation: Uuid }),
    body: z.object({}),
    answer: DelegationView,
  }),
} as const;
