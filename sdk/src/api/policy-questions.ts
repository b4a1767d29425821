import { z } from "zod";
import { Decision } from "../change-set.ts";
import { Effect } from "../plan.ts";
import { Name, Text, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { Role } from "./roles.ts";

const Count = z.int().min(0).default(0);
const Result = z.enum(["allow", "deny", "require_approval"]);
const Asker = z.object({
  kind: z.enum(["user", "service"]).default("user"),
  name: Text(200).default("somebody"),
  groups: z.array(Text(200)).max(100).default([]),
  roles: z.array(Role).max(10).default([]),
});

/** What a policy is tried out on: a plan, change set or undo, or a call of the API. */
export const PolicyCase = z
  .object({
    name: Text(200),
    /** Who asks. */
    by: Asker.prefault({}),
    plan: z
      .object({
        action: z.enum(["start", "apply", "undo"]).default("apply"),
        effect: Effect.default("changes"),
        counts: z.object({ add: Count, change: Count, destroy: Count }).prefault({}),
        tools: z
          .array(z.object({ tool: Text(200), effect: Effect }))
          .max(100)
          .default([]),
        runbook: Text(200).nullable().default(null),
        undoable: z.boolean().default(true),
        deferred: Count,
        tainted: z.boolean().default(false),
        /** The environment's own unless told. */
        protection: z.enum(["open", "guarded", "strict"]).optional(),
      })
      .strict()
      .optional(),
    call: z
      .object({
        /** An endpoint, such as runs.create. */
        action: Text(100),
        credential: z.enum(["key", "session", "token"]).default("key"),
        mfa: z.boolean().default(false),
      })
      .strict()
      .optional(),
    expect: Result,
    /** All of these must be among those that decided. */
    policies: z.array(Text(300)).max(20).default([]),
  })
  .strict()
  .refine(({ plan, call }) => (plan === undefined) !== (call === undefined), "needs either `plan` or `call`");

export const PolicyCaseResult = z.object({
  name: z.string(),
  passed: z.boolean(),
  expected: Result,
  result: Result,
  policies: z.array(z.string()),
  reasons: z.array(z.string()),
  approvals: Decision.shape.approvals,
});
export type PolicyCaseResult = z.infer<typeof PolicyCaseResult>;

/** A statement that decided, with its text where an organization's or a role's. */
const DecidingPolicy = z.object({ id: z.string(), text: z.string().nullable() });

export const AccessExplanation = z.object({
  action: z.string(),
  allowed: z.boolean(),
  policies: z.array(DecidingPolicy),
  reasons: z.array(z.string()),
  /** What policies saw. */
  facts: z.object({
    actor: z.string(),
    groups: z.array(z.string()),
    roles: z.array(z.string()),
    project: z.string().nullable(),
    environment: z.string().nullable(),
    protection: z.string().nullable(),
  }),
});
export type AccessExplanation = z.infer<typeof AccessExplanation>;

export const RunExplanation = z.object({
  decisions: z.array(Decision.extend({ at: Timestamp, about: z.string(), hash: z.string().nullable() })),
  /** What became of change sets that policy has something against by now, and why a run was denied. */
  ends: z.array(z.object({ at: Timestamp, about: z.string(), reason: z.string() })),
  /** Those that decided; of the organization's own with their text as it is now. */
  policies: z.array(DecidingPolicy),
  /** What policy says of the last decision's facts now; null where nothing was decided yet. */
  now: Decision.nullable(),
});
export type RunExplanation = z.infer<typeof RunExplanation>;

const Place = { project: Name.optional(), environment: Name.optional() };

export const policyQuestions = {
  test: endpoint({
    id: "policies.test",
    method: "POST",
    path: "/policies/test",
    summary: "Try cases out on the policies in force at a place, and on drafts of that place.",
    scope: "read",
    resource: { kind: "place", in: "body" },
    body: z.object({
      ...Place,
      drafts: z
        .array(z.object({ name: Name, text: Text(20_000) }))
        .max(20)
        .default([]),
      cases: z.array(PolicyCase).min(1).max(200),
    }),
    answer: z.object({ cases: z.array(PolicyCaseResult), failed: z.int() }),
  }),
  explain: endpoint({
    id: "policies.explain",
    method: "POST",
    path: "/policies/explain",
    summary: "Whether an actor may do something at a place, and which policies say so.",
    scope: "read",
    resource: { kind: "place", in: "body" },
    body: z.object({
      ...Place,
      /** An endpoint, such as runs.create. */
      action: Text(100),
      /** The caller unless told. */
      actor: Uuid.optional(),
      mfa: z.boolean().default(false),
    }),
    answer: AccessExplanation,
  }),
  explainRun: endpoint({
    id: "policies.explainRun",
    method: "GET",
    path: "/runs/:run/policy",
    summary: "What policy said of a run and its change sets: the policies, the facts, and what it says now.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: z.object({ run: Uuid }),
    answer: RunExplanation,
  }),
} as const;
