import { z } from "zod";
import { ChangeSet } from "../change-set.ts";
import { Digest } from "../json.ts";
import { Page, PageQuery, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";

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
  given: z.array(z.object({ group: z.string(), actor: Who })),
  /** Whether the caller could approve it now. */
  mine: z.boolean(),
  changeSet: ChangeSet.pick({ gate: true, effect: true, counts: true, risk: true, blastRadius: true }),
});
export type OpenApproval = z.infer<typeof OpenApproval>;

export const approvals = {
  list: endpoint({
    id: "approvals.list",
    method: "GET",
    path: "/approvals",
    summary: "Change sets that wait for approval, oldest first.",
    scope: "read",
    query: PageQuery,
    answer: Page(OpenApproval),
  }),
} as const;
