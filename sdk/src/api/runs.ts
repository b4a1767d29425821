import { z } from "zod";
import { ChangeSet, Decision } from "../change-set.ts";
import { ErrorData } from "../error-data.ts";
import { FinalStatus, Operation, Origin, TriggeredBy } from "../events.ts";
import { Digest, Json, JsonObject } from "../json.ts";
import { Effect, Plan } from "../plan.ts";
import { Preview, Undone } from "../tool.ts";
import { Name, Page, PageQuery, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { EventRecord } from "./event-record.ts";

/** Where a run is. The ones of `FinalStatus` are ends; an undo may still take a run out of its end. */
export const RunStatus = z.enum([
  "queued",
  "preparing",
  "waiting_for_approval",
  "running",
  "waiting",
  "pausing",
  "paused",
  "halted",
  "frozen",
  "needs_attention",
  "canceling",
  "undoing",
  ...FinalStatus.options,
]);
export type RunStatus = z.infer<typeof RunStatus>;

/** On what a run waits, until when (Unix milliseconds), and who can end it. */
export const Waiting = z.object({
  on: z.enum(["approval", "time", "signal", "child", "slot", "limit", "person", "resume", "kill_switch", "freeze"]),
  detail: z.string(),
  until: z.number().nullable(),
  who: z.string(),
  since: z.number().optional(),
});
export type Waiting = z.infer<typeof Waiting>;

export const RunSummary = z.object({
  id: Uuid,
  project: z.string(),
  environment: z.string(),
  runbook: z.string().nullable(),
  goal: z.string(),
  status: RunStatus,
  waiting: Waiting.nullable(),
  error: ErrorData.nullable(),
  requester: Who,
  priority: z.int(),
  parent: z.object({ run: z.string(), step: z.string() }).nullable(),
  /** It only shows what it would change. */
  dryRun: z.boolean(),
  /** The run that it was made from. */
  origin: Origin.nullable(),
  /** Null: a person, a program or another run asked for it. */
  triggeredBy: TriggeredBy.nullable(),
  /** Number of the newest event. */
  seq: z.int(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  finishedAt: Timestamp.nullable(),
});
export type RunSummary = z.infer<typeof RunSummary>;

export const AttemptView = z.object({
  id: z.string(),
  operation: Operation,
  number: z.int(),
  status: z.enum(["running", "succeeded", "failed", "unknown", "done", "not_done"]),
  startedAt: Timestamp,
  endedAt: Timestamp.nullable(),
  worker: z.string(),
  host: z.string(),
  error: ErrorData.nullable(),
});
export type AttemptView = z.infer<typeof AttemptView>;

export const StepView = z.object({
  /** The step's id, `[index]` behind it for an item of a loop. */
  key: z.string(),
  id: z.string(),
  title: z.string(),
  kind: z.enum(["tool", "wait", "run"]),
  agent: z.string().nullable(),
  tool: z.string().nullable(),
  /** The tool's maximum effect. */
  effect: Effect.nullable(),
  status: z.enum(["pending", "running", "waiting", "verifying", "succeeded", "failed", "skipped", "unknown"]),
  /** Steps that must be settled first. */
  after: z.array(z.string()),
  /** The run and step that the output was taken over from; this run doesn't carry it out. */
  fact: z.object({ run: z.string(), step: z.string() }).nullable(),
  output: Json,
  error: ErrorData.nullable(),
  preview: Preview.nullable(),
  /** When it is tried again or its wait ends. */
  dueAt: Timestamp.nullable(),
  /** Nobody could find out whether it took effect: a person must say (`settle`). */
  needsPerson: z.boolean(),
  /** The sub-run. */
  child: z.string().nullable(),
  undo: z
    .object({ status: z.enum(["pending", "running", "done", "failed", "skipped"]), undone: Undone.nullable() })
    .nullable(),
  attempts: z.array(AttemptView),
});
export type StepView = z.infer<typeof StepView>;

export const ChangeSetComment = z.object({ actor: Who, text: z.string(), at: Timestamp });
export type ChangeSetComment = z.infer<typeof ChangeSetComment>;

export const ChangeSetView = z.object({
  hash: Digest,
  /** `previewed`: of a dry run, which asks nobody. */
  status: z.enum(["open", "approved", "rejected", "expired", "voided", "previewed"]),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  /** True once a step that it covers has started. */
  begun: z.boolean(),
  approvals: z.array(
    z.object({
      actor: Who,
      group: z.string(),
      at: Timestamp,
      reason: z.string().nullable(),
      /** Whose right it was, where it was delegated. */
      onBehalfOf: Who.nullable(),
      /** How the second factor was given. */
      proof: z.enum(["totp", "passkey"]).nullable(),
    }),
  ),
  comments: z.array(ChangeSetComment),
  /** Set once a group was told that nobody had answered. */
  escalatedTo: z.string().nullable(),
  /** When it stopped being open and, where it was rejected or is void, why and by whom. */
  ended: z.object({ at: Timestamp, actor: Who, reason: z.string().nullable() }).nullable(),
  decision: Decision,
  changeSet: ChangeSet,
});
export type ChangeSetView = z.infer<typeof ChangeSetView>;

/** The fold of the run's events. Steps of loops are followed by their items. */
export const RunDetail = RunSummary.extend({
  planDigest: Digest,
  phase: z.enum(["queued", "preparing", "gate", "executing", "undoing", "done"]),
  steps: z.array(StepView),
  /** Oldest first. */
  changeSets: z.array(ChangeSetView),
  deadlineAt: Timestamp.nullable(),
  /** The newest runs that were made from this one. */
  derived: z.array(
    z.object({
      id: Uuid,
      kind: Origin.shape.kind,
      step: z.string().nullable(),
      status: RunStatus,
      createdAt: Timestamp,
    }),
  ),
  links: z.record(z.string(), z.string()),
});
export type RunDetail = z.infer<typeof RunDetail>;

export const RunParams = z.object({ run: Uuid });

const target = { environment: Name, project: Name.default("default") };

/** A runbook with its parameters. */
export const RunbookCall = z.object({
  runbook: z.string().min(1).max(200),
  parameters: JsonObject.default({}),
  ...target,
});
export type RunbookCall = z.input<typeof RunbookCall>;

const asRun = {
  priority: z.int().min(-10).max(10).default(0),
  /** Run what reads or drafts, preview what changes something, and end there. */
  dryRun: z.boolean().default(false),
};

/** A run of a runbook, or of a plan as `POST /plans` gave it. */
export const CreateRun = z.union([
  RunbookCall.extend({ goal: Text(2_000).optional(), ...asRun }).strict(),
  z.object({ plan: Plan.extend({ goal: Text(2_000) }), project: Name.default("default"), ...asRun }).strict(),
]);
export type CreateRun = z.input<typeof CreateRun>;

/** Some statuses of runs, separated by commas. */
const Statuses = z
  .string()
  .max(400)
  .transform((text) => text.split(","))
  .pipe(z.array(RunStatus).min(1));

export const RunListQuery = PageQuery.extend({
  /** One, or several separated by commas. */
  status: Statuses.optional(),
  project: Name.optional(),
  environment: Name.optional(),
  runbook: Text(200).optional(),
  /** Name or id of who asked for the run. */
  requester: Text(200).optional(),
  /** In the goal, whatever its case, or what the id begins with. */
  text: Text(200).optional(),
  createdAfter: Timestamp.optional(),
  createdBefore: Timestamp.optional(),
  dryRun: z.stringbool().optional(),
  /** `false`: without runs that are steps of others. */
  subRuns: z.stringbool().optional(),
  /** `-` stands for the latest first. By `finished`, only runs that have ended are listed. */
  sort: z.enum(["-created", "created", "-finished", "finished"]).default("-created"),
});

export const RunEvents = z.object({
  events: z.array(EventRecord),
  /** Give it as `after` to read on. */
  after: z.int(),
  /** True when more events are there already. */
  more: z.boolean(),
});

export const LogLine = z.object({
  /** Give it as `after` to read on behind this line. */
  cursor: z.string(),
  attempt: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  at: Timestamp,
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

/** An artifact, and an event that names it. What is handed from step to step is named by several. */
export const RunArtifact = z.object({
  digest: Digest,
  name: z.string(),
  bytes: z.int(),
  contentType: z.string(),
  seq: z.int(),
  at: Timestamp,
  step: z.string().nullable(),
  attempt: z.string().nullable(),
});
export type RunArtifact = z.infer<typeof RunArtifact>;

/** Give `after` to read on behind the events that were looked at. */
export const RunArtifacts = z.object({ items: z.array(RunArtifact), after: z.int(), more: z.boolean() });

export const runs = {
  create: endpoint({
    id: "runs.create",
    method: "POST",
    path: "/runs",
    summary: "Start a run of a runbook or of a plan.",
    scope: "run",
    resource: { kind: "place", in: "body" },
    body: CreateRun,
    answer: RunSummary,
    status: 201,
  }),
  list: endpoint({
    id: "runs.list",
    method: "GET",
    path: "/runs",
    summary: "Runs that fit all that is given, newest first unless `sort` says otherwise.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: RunListQuery,
    answer: Page(RunSummary),
  }),
  get: endpoint({
    id: "runs.get",
    method: "GET",
    path: "/runs/:run",
    summary: "One run: its steps, attempts and change sets.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    answer: RunDetail,
  }),
  plan: endpoint({
    id: "runs.plan",
    method: "GET",
    path: "/runs/:run/plan",
    summary: "The plan that the run executes.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    answer: Plan,
  }),
  events: endpoint({
    id: "runs.events",
    method: "GET",
    path: "/runs/:run/events",
    summary: "The run's history: a page of it, or live with `Accept: text/event-stream`.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    query: z.object({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1_000).default(200),
      /** Live, also what models say while they say it, as messages `answer.part` without an id: the journal has each answer whole. */
      parts: z.stringbool().default(false),
    }),
    answer: RunEvents,
    produces: ["text/event-stream"],
  }),
  logs: endpoint({
    id: "runs.logs",
    method: "GET",
    path: "/runs/:run/logs",
    summary: "What the run's commands wrote, as text or (with `Accept: application/x-ndjson`) a JSON value per line.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    query: z
      .object({
        attempt: z.string().max(100).optional(),
        after: z.string().max(100).optional(),
        /** Only the last so many lines that are there, and with `follow` what comes behind them. */
        tail: z.coerce.number().int().min(1).max(10_000).optional(),
        follow: z.stringbool().default(false),
      })
      .refine(({ after, tail }) => after === undefined || tail === undefined, {
        path: ["tail"],
        message: "goes without `after`",
      }),
    produces: ["text/plain", "application/x-ndjson"],
  }),
  changeSet: endpoint({
    id: "runs.changeSet",
    method: "GET",
    path: "/runs/:run/change-set",
    summary: "The newest change set of the run.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    answer: ChangeSetView,
  }),
  artifacts: endpoint({
    id: "runs.artifacts",
    method: "GET",
    path: "/runs/:run/artifacts",
    summary: "The artifacts that the run's history names, event by event.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    query: z.object({ after: z.coerce.number().int().min(0).default(0) }),
    answer: RunArtifacts,
  }),
  artifact: endpoint({
    id: "runs.artifact",
    method: "GET",
    path: "/runs/:run/artifacts/:digest",
    summary: "The content of an artifact that the run's history names.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams.extend({ digest: Digest }),
    produces: ["application/octet-stream"],
  }),
} as const;
