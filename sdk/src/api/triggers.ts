import { z } from "zod";
import { FinalStatus } from "../events.ts";
import { Digest, Json, JsonObject } from "../json.ts";
import { Name, Page, PageQuery, Reason, Text, Timestamp, Uuid, Who } from "./common.ts";
import { endpoint } from "./endpoint.ts";

const Cel = Text(4_000);
const day = 24 * 3_600_000;

/** Five fields of cron (minute, hour, day of month, month, day of week), or `@daily` and the like. */
const Cron = Text(200);
/** An IANA name such as Europe/Berlin. */
const TimeZone = Text(100);

export const ScheduleSource = z.object({
  kind: z.literal("schedule"),
  cron: Cron,
  timeZone: TimeZone.default("UTC"),
  /** What becomes of times that passed while no process was there: none, the latest one, or all up to `missedLimit`. */
  missed: z.enum(["skip", "once", "all"]).default("once"),
  missedLimit: z.int().min(1).max(100).default(10),
  /** Each time is delayed by up to this, always the same for the same time, so that not everybody starts at once. */
  jitterMs: z.int().min(0).max(day).default(0),
});
export type ScheduleSource = z.infer<typeof ScheduleSource>;

export const WebhookSource = z.object({
  kind: z.literal("webhook"),
  scheme: z.enum(["standard", "github", "gitlab", "alertmanager"]),
  /** Name of the secret that signs; the nearest to the trigger's environment is taken. */
  secret: Text(128),
  /** For how long the secret's former version is good too, once a new one is stored. */
  overlapMs: z
    .int()
    .min(0)
    .max(30 * day)
    .default(day),
  /** Deliveries a minute that are taken; more are refused with 429. */
  perMinute: z.int().min(1).max(100_000).default(600),
});
export type WebhookSource = z.infer<typeof WebhookSource>;

export const GitSource = z.object({
  kind: z.literal("git"),
  /** By https, or a path on the workers' host. */
  repository: Text(2_000),
  /** A branch or a tag. */
  ref: Text(250),
  everyMs: z.int().min(10_000).max(day).default(60_000),
});
export type GitSource = z.infer<typeof GitSource>;

/** The end of other runs of the project. What isn't given fits every run. */
export const RunSource = z.object({
  kind: z.literal("run"),
  runbook: Text(200).optional(),
  environment: Name.optional(),
  status: z.array(FinalStatus).min(1).default(["succeeded"]),
});
export type RunSource = z.infer<typeof RunSource>;

export const TriggerSource = z.discriminatedUnion("kind", [ScheduleSource, WebhookSource, GitSource, RunSource]);
export type TriggerSource = z.infer<typeof TriggerSource>;

/** What became of an occurrence. Only `fired` has a run. */
export const OccurrenceOutcome = z.enum([
  "fired",
  /** The condition is false for it. */
  "filtered",
  "paused",
  "frozen",
  /** The scheduled time passed while no process was there, and the policy says not to make up for it. */
  "missed",
  /** The same delivery, time, commit or run came before. */
  "duplicate",
  /** Signed, but outside the replay window, or an earlier delivery under a new id. */
  "replayed",
  "bad_signature",
  "rate_limited",
  /** The organization may start no more runs for now. */
  "quota",
  "runbook_missing",
  /** For whom the trigger acts may not run anything any more. */
  "right_lost",
  /** Runs start each other in a circle. */
  "loop",
  /** The payload, or what the mapping makes of it, doesn't fit. */
  "invalid",
  /** The repository couldn't be read. */
  "unreachable",
]);
export type OccurrenceOutcome = z.infer<typeof OccurrenceOutcome>;

export const OccurrenceView = z.object({
  id: Uuid,
  outcome: OccurrenceOutcome,
  /** Why it did not fire, or what fired it. */
  reason: z.string().nullable(),
  /** The scheduled time, or when it came. */
  at: Timestamp,
  recordedAt: Timestamp,
  run: Uuid.nullable(),
  /** SHA-256 of the payload. */
  digest: z.string().nullable(),
  /** More than one where they are counted instead of listed; `lastAt` is then the latest. */
  count: z.int(),
  lastAt: Timestamp,
});
export type OccurrenceView = z.infer<typeof OccurrenceView>;

export const TriggerView = z.object({
  id: Uuid,
  name: z.string(),
  project: z.string(),
  environment: z.string(),
  source: TriggerSource,
  runbook: z.string(),
  /** Null: the latest that isn't deprecated. */
  runbookVersion: z.string().nullable(),
  parameters: JsonObject,
  mapping: z.record(z.string(), z.string()),
  when: z.string().nullable(),
  /** For whom it acts. */
  actor: Who,
  createdAt: Timestamp,
  paused: z.object({ since: Timestamp, by: Who, reason: z.string().nullable() }).nullable(),
  /** When it is due, for schedules, and looked at next, for those that look by themselves. */
  dueAt: Timestamp.nullable(),
  /** Path of the address that webhooks are sent to. */
  hook: z.string().nullable(),
  latest: OccurrenceView.nullable(),
});
export type TriggerView = z.infer<typeof TriggerView>;

/** Further parameters, each a CEL expression over `payload`, `occurrence` and `trigger`. */
const Mapping = z.record(z.string().min(1).max(200), Cel);

export const CreateTrigger = z
  .object({
    name: Name,
    project: Name.default("default"),
    environment: Name,
    source: TriggerSource,
    runbook: z.string().min(1).max(200),
    runbookVersion: Text(100).nullable().default(null),
    /** Fixed values. */
    parameters: JsonObject.default({}),
    mapping: Mapping.default({}),
    /** CEL over the same; where it isn't true, the trigger doesn't fire. */
    when: Cel.nullable().default(null),
  })
  .strict();
export type CreateTrigger = z.input<typeof CreateTrigger>;

const params = z.object({ trigger: Uuid });
const path = "/triggers/:trigger";

export const triggers = {
  create: endpoint({
    id: "triggers.create",
    method: "POST",
    path: "/triggers",
    summary: "Create a trigger. It acts for the caller, whose right to run is asked for whenever it fires.",
    scope: "run",
    resource: { kind: "place", in: "body" },
    body: CreateTrigger,
    answer: TriggerView,
    status: 201,
  }),
  list: endpoint({
    id: "triggers.list",
    method: "GET",
    path: "/triggers",
    summary: "Triggers, by project and name.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: z.object({ project: Name.optional(), environment: Name.optional() }),
    answer: Page(TriggerView),
  }),
  get: endpoint({
    id: "triggers.get",
    method: "GET",
    path,
    summary: "One trigger.",
    scope: "read",
    resource: { kind: "trigger", param: "trigger" },
    params,
    answer: TriggerView,
  }),
  edit: endpoint({
    id: "triggers.edit",
    method: "PUT",
    path,
    summary:
      "Change its condition and what it takes from what happened. From then on it acts for the caller, who chose what it does.",
    scope: "run",
    resource: { kind: "trigger", param: "trigger" },
    params,
    body: z.object({ mapping: Mapping, when: Cel.nullable() }).strict(),
    answer: TriggerView,
  }),
  history: endpoint({
    id: "triggers.history",
    method: "GET",
    path: `${path}/history`,
    summary: "Every time it fired, or why it did not, newest first.",
    scope: "read",
    resource: { kind: "trigger", param: "trigger" },
    params,
    query: PageQuery.extend({ outcome: OccurrenceOutcome.optional() }),
    answer: Page(OccurrenceView),
  }),
  pause: endpoint({
    id: "triggers.pause",
    method: "POST",
    path: `${path}/pause`,
    summary: "Let it note what happens, but start nothing.",
    scope: "run",
    resource: { kind: "trigger", param: "trigger" },
    params,
    body: z.object({ reason: Reason.nullable().default(null) }),
    answer: TriggerView,
  }),
  resume: endpoint({
    id: "triggers.resume",
    method: "POST",
    path: `${path}/resume`,
    summary: "Let it fire again, from now on.",
    scope: "run",
    resource: { kind: "trigger", param: "trigger" },
    params,
    body: z.object({}),
    answer: TriggerView,
  }),
  fire: endpoint({
    id: "triggers.fire",
    method: "POST",
    path: `${path}/fire`,
    summary: "Fire it once by hand, paused or not. The run is the caller's.",
    scope: "run",
    resource: { kind: "trigger", param: "trigger" },
    params,
    body: z.object({ payload: Json.default(null) }),
    answer: OccurrenceView,
  }),
  remove: endpoint({
    id: "triggers.remove",
    method: "DELETE",
    path,
    summary: "Remove it; its history and its runs stay.",
    scope: "run",
    resource: { kind: "trigger", param: "trigger" },
    params,
    status: 204,
  }),
} as const;

/** What a webhook is answered with. */
export const HookAnswer = z.object({ occurrence: Uuid, outcome: OccurrenceOutcome, digest: Digest });
export type HookAnswer = z.infer<typeof HookAnswer>;
