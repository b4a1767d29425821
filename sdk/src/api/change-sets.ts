import { z } from "zod";
import { Digest } from "../json.ts";
import { Timestamp, Uuid } from "./common.ts";
import { Difference } from "./compare.ts";
import { endpoint } from "./endpoint.ts";
import { ChangeSetView, RunParams } from "./runs.ts";

/** A step that only one of two change sets has, or that differs. */
export const ChangedEntry = z.object({
  step: z.string(),
  title: z.string(),
  change: z.enum(["added", "removed", "changed"]),
  /** Of its tool, its input and its preview; nothing where only one has the step. */
  differences: z.array(Difference),
});
export type ChangedEntry = z.infer<typeof ChangedEntry>;

const Side = ChangeSetView.pick({ hash: true, status: true, createdAt: true, ended: true });

/** What became of a change set that somebody looked at. Lists are cut; `omitted` says how many differences are not shown. */
export const ChangeSetComparison = z.object({
  from: Side,
  to: Side,
  /** True when it is the same change set. */
  same: z.boolean(),
  steps: z.array(ChangedEntry),
  /** Everything else: counts, effect, risk, what is touched, undo, who must approve. */
  rest: z.array(Difference),
  omitted: z.int(),
});
export type ChangeSetComparison = z.infer<typeof ChangeSetComparison>;

/** What the caller can do about the run's newest change set, and what it takes. */
export const RunApproval = z.object({
  run: Uuid,
  hash: Digest,
  status: ChangeSetView.shape.status,
  expiresAt: Timestamp.nullable(),
  /** `left`: how many are still missing. */
  needed: z.array(z.object({ group: z.string(), count: z.int(), left: z.int() })),
  /** Why the caller can't approve it; null: they can. */
  refusal: z.object({ code: z.string(), message: z.string() }).nullable(),
  mayReject: z.boolean(),
  /** An approval needs a second factor, given for this very change set. */
  needsProof: z.boolean(),
  /** What the caller has of those. */
  factors: z.object({ totp: z.boolean(), passkeys: z.int() }),
});
export type RunApproval = z.infer<typeof RunApproval>;

export const changeSets = {
  compareChangeSets: endpoint({
    id: "runs.compareChangeSets",
    method: "GET",
    path: "/runs/:run/change-set/compare",
    summary:
      "What differs between a change set of the run that was looked at and another one, the newest unless given.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    query: z.object({ from: Digest, to: Digest.optional() }),
    answer: ChangeSetComparison,
  }),
  approval: endpoint({
    id: "runs.approval",
    method: "GET",
    path: "/runs/:run/approval",
    summary:
      "What the caller can do about the run's newest change set: approve it, or why not; reject it; by which second factor.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    answer: RunApproval,
  }),
} as const;
