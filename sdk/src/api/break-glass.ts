import { z } from "zod";
import { Name, Page, PageQuery, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** What can be taken in an emergency: to start and steer runs, or to stand in for approvers. Never what changes who may do what. */
export const BreakGlassRole = z.enum(["operator", "approver"]);
export type BreakGlassRole = z.infer<typeof BreakGlassRole>;

/** A role at a place that somebody took for some hours, with a reason. */
export const BreakGlassView = z.object({
  id: Uuid,
  actor: Who,
  role: BreakGlassRole,
  project: z.string(),
  /** Null: all of the project. */
  environment: z.string().nullable(),
  reason: z.string(),
  /** How a second factor was proven; null: who opened it has none. */
  proof: z.enum(["totp", "session"]).nullable(),
  openedAt: Timestamp,
  expiresAt: Timestamp,
  /** Before its time; `by` null: because a role was taken from who opened it. */
  ended: z.object({ at: Timestamp, by: Who.nullable() }).nullable(),
  /** What somebody else said of it afterwards. */
  review: z.object({ at: Timestamp, by: Who, comment: z.string() }).nullable(),
  /** It holds now. */
  open: z.boolean(),
});
export type BreakGlassView = z.infer<typeof BreakGlassView>;

const BreakGlassParams = z.object({ breakGlass: Uuid });

export const breakGlass = {
  open: endpoint({
    id: "breakGlass.open",
    method: "POST",
    path: "/break-glass",
    summary:
      "Take the role operator or approver at a place for a short time, with a reason. Everybody who hears of approvals there hears of it.",
    scope: "run",
    resource: { kind: "place", in: "body" },
    body: z.object({
      project: Name,
      environment: Name.optional(),
      role: BreakGlassRole.default("operator"),
      minutes: z.int().min(5).max(240).default(60),
      reason: Text(1_000).refine(
        (text) => text.trim().length >= 10,
        "must say in at least 10 characters what happened",
      ),
      /** Six digits of one's authenticator app, where one has it and hasn't just signed in with it. */
      totp: Text(10).optional(),
    }),
    answer: BreakGlassView,
    status: 201,
    audit: { details: ["role", "minutes"] },
  }),
  list: endpoint({
    id: "breakGlass.list",
    method: "GET",
    path: "/break-glass",
    summary: "Who broke the glass where, newest first: what is open, what was, and what others said of it.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: PageQuery.extend({ open: z.enum(["true", "false"]).optional() }),
    answer: Page(BreakGlassView),
  }),
  end: endpoint({
    id: "breakGlass.end",
    method: "POST",
    path: "/break-glass/:breakGlass/end",
    summary: "End it before its time, one's own or another's.",
    scope: "run",
    resource: { kind: "breakGlass", param: "breakGlass" },
    params: BreakGlassParams,
    body: z.object({}),
    answer: BreakGlassView,
  }),
  review: endpoint({
    id: "breakGlass.review",
    method: "POST",
    path: "/break-glass/:breakGlass/review",
    summary: "Say, as somebody else, what one found when one looked at what was done. Once, after it has ended.",
    scope: "approve",
    resource: { kind: "breakGlass", param: "breakGlass" },
    params: BreakGlassParams,
    body: z.object({ comment: Text(1_000) }),
    answer: BreakGlassView,
  }),
} as const;
