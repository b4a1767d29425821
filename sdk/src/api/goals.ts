import { z } from "zod";
import { Json, JsonObject } from "../json.ts";
import { Effect } from "../plan.ts";
import { Name, Page, PageQuery, Reason, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { PlanView } from "./plans.ts";
import { RunStatus, RunSummary } from "./runs.ts";

/** What shall hold once a run is done; it becomes a step of the plan that verifies it. */
export const AcceptanceCheck = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("http"), url: z.string(), status: z.int() }),
  z.object({ kind: z.literal("latency"), url: z.string(), percentile: z.int(), ms: z.int() }),
]);
export type AcceptanceCheck = z.infer<typeof AcceptanceCheck>;

/** Something that must be said before anything runs. */
export const MissingPart = z.object({
  /** A parameter, `environment`, `checks`, `time`, or `runbook` where it isn't sure enough which is meant. */
  name: z.string(),
  question: z.string(),
  reason: z.enum(["not_said", "ambiguous", "not_exact", "invalid", "conflict", "not_possible"]),
  /** What it could be, as far as that is known. */
  options: z.array(z.string()),
});
export type MissingPart = z.infer<typeof MissingPart>;

/** What the planner makes of a sentence. It is a reading, no promise: nothing ran for it. */
export const Understanding = z.object({
  /** `ready`: all is said and clear; `asks`: see `missing`; `refused`: no runbook does this, or it must not be done. */
  status: z.enum(["ready", "asks", "refused"]),
  runbook: z.string().nullable(),
  /** From 0 to 1: how sure it is of the runbook. */
  confidence: z.number().min(0).max(1),
  environment: z.string().nullable(),
  parameters: JsonObject,
  missing: z.array(MissingPart),
  alternatives: z.array(z.object({ runbook: z.string(), title: z.string(), confidence: z.number() })),
  checks: z.array(AcceptanceCheck),
  /** The most that the runbook may do with these parameters. */
  effect: Effect.nullable(),
  /** How it was read, where that isn't plain: corrected names, why it is refused. */
  notes: z.array(z.string()),
  /** A runbook by which a model would plan it, where no other does it, or hardly, and a model is connected; its parameter is `goal`. */
  planner: z.string().nullable(),
});
export type Understanding = z.infer<typeof Understanding>;

export const GoalStatus = z.enum(["open", "met", "abandoned"]);
export type GoalStatus = z.infer<typeof GoalStatus>;

/** The outcome that somebody wants. It is met while a run of it has succeeded, its checks included, and isn't undone. */
export const GoalView = z.object({
  id: Uuid,
  project: z.string(),
  environment: z.string(),
  text: z.string(),
  status: GoalStatus,
  requester: Who,
  runbook: z.string(),
  parameters: JsonObject,
  checks: z.array(AcceptanceCheck),
  /** Newest first. */
  runs: z.array(z.object({ id: Uuid, status: RunStatus, createdAt: Timestamp })),
  createdAt: Timestamp,
  abandoned: z.object({ at: Timestamp, by: Who, reason: z.string() }).nullable(),
});
export type GoalView = z.infer<typeof GoalView>;

/** A sentence, and what answers the planner's questions about it. */
export const CreateGoal = z
  .object({
    text: Text(2_000),
    project: Name.default("default"),
    /** Named besides the sentence; it must not say another one. */
    environment: Name.optional(),
    /** Chosen instead of matched. */
    runbook: z.string().min(1).max(200).optional(),
    /** They win over what the sentence says. */
    parameters: z.record(z.string().max(200), Json).optional(),
    /** A run in which a model planned the goal: its plan, instead of a runbook's. */
    proposal: Uuid.optional(),
    /** Only say what is understood; nothing is kept and nothing runs. */
    explain: z.boolean().default(false),
    priority: z.int().min(-10).max(10).default(0),
  })
  .strict();
export type CreateGoal = z.input<typeof CreateGoal>;

export const GoalAnswer = z.object({
  understanding: Understanding,
  /** With `explain`, once all is said: what would run, its checks included, and what policy may say of it. */
  plan: PlanView.nullable(),
  /** Null with `explain`. */
  goal: GoalView.nullable(),
  run: RunSummary.nullable(),
});
export type GoalAnswer = z.infer<typeof GoalAnswer>;

const GoalParams = z.object({ goal: Uuid });

export const goals = {
  create: endpoint({
    id: "goals.create",
    method: "POST",
    path: "/goals",
    summary: "Say in words what is wanted: a plan and its run, or with `explain` only what is understood.",
    scope: "run",
    resource: { kind: "place", in: "body" },
    body: CreateGoal,
    answer: GoalAnswer,
  }),
  list: endpoint({
    id: "goals.list",
    method: "GET",
    path: "/goals",
    summary: "Goals, newest first.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: PageQuery.extend({
      status: GoalStatus.optional(),
      project: Name.optional(),
      environment: Name.optional(),
    }),
    answer: Page(GoalView),
  }),
  get: endpoint({
    id: "goals.get",
    method: "GET",
    path: "/goals/:goal",
    summary: "One goal with its runs.",
    scope: "read",
    resource: { kind: "goal", param: "goal" },
    params: GoalParams,
    answer: GoalView,
  }),
  tryAgain: endpoint({
    id: "goals.tryAgain",
    method: "POST",
    path: "/goals/:goal/runs",
    summary: "A further run for an open goal: its plan made anew, with its checks.",
    scope: "run",
    resource: { kind: "goal", param: "goal" },
    params: GoalParams,
    body: z.object({ parameters: z.record(z.string().max(200), Json).optional() }).strict(),
    answer: RunSummary,
    status: 201,
  }),
  abandon: endpoint({
    id: "goals.abandon",
    method: "POST",
    path: "/goals/:goal/abandon",
    summary: "Give a goal up. Its runs go on as they are; cancel them by themselves.",
    scope: "run",
    resource: { kind: "goal", param: "goal" },
    params: GoalParams,
    body: z.object({ reason: Reason }).strict(),
    answer: GoalView,
  }),
} as const;
