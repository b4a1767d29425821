import { z } from "zod";
import { ChangeSet, Decision, Party } from "./change-set.ts";
import { ErrorData } from "./error-data.ts";
import { Digest, Json } from "./json.ts";
import { LimitWait, Usage } from "./usage.ts";

/** Who did it: a person or service by API key, a worker, or the platform itself (a timer, a policy). */
export const Actor = z.object({ kind: z.enum(["user", "service", "platform"]), id: z.string(), name: z.string() });
export type Actor = z.infer<typeof Actor>;
export const platformActor: Actor = { kind: "platform", id: "platform", name: "platform" };

/** The part of a tool that an attempt calls. */
export const Operation = z.enum(["preview", "run", "inspect", "verify", "undo"]);
export type Operation = z.infer<typeof Operation>;

/** The run that another one was made from, and how: its step for a fork. */
export const Origin = z.object({
  kind: z.enum(["fork", "retry", "dry_run"]),
  run: z.string(),
  step: z.string().nullable(),
});
export type Origin = z.infer<typeof Origin>;

export const FinalStatus = z.enum([
  "succeeded",
  "previewed",
  "failed",
  "canceled",
  "denied",
  "rejected",
  "undone",
  "undo_incomplete",
  "quarantined",
]);
export type FinalStatus = z.infer<typeof FinalStatus>;

/** The trigger that started a run, and what made it fire. */
export const TriggeredBy = z.object({ trigger: z.string(), name: z.string(), occurrence: z.string() });
export type TriggeredBy = z.infer<typeof TriggeredBy>;

/** A right that somebody has from somebody else for a time. */
export const OnBehalfOf = z.object({ delegation: z.string(), actor: Actor, person: z.string() });
export type OnBehalfOf = z.infer<typeof OnBehalfOf>;

/** A second factor that was given for one change set and one decision. */
export const Proof = z.object({ id: z.string(), method: z.enum(["totp", "passkey"]) });
export type Proof = z.infer<typeof Proof>;

const attempt = { attemptId: z.string(), step: z.string(), operation: Operation };

/**
 * Everything that can happen to a run, in the order of a run's life. Folding a run's events with `evolve` gives its
 * state; nothing else does. Types are dotted past-tense facts; times are Unix milliseconds.
 */
const shapes = {
  "run.created": {
    goal: z.string(),
    planDigest: Digest,
    priority: z.int(),
    parent: z.object({ run: z.string(), step: z.string() }).nullable(),
    /** True: it only shows what it would change. */
    dryRun: z.boolean().optional(),
    origin: Origin.optional(),
    triggeredBy: TriggeredBy.optional(),
    /** Who made what the plan was made from, besides the requester. */
    planners: z.array(Party).optional(),
  },
  "run.started": { decision: Decision, deadlineAt: z.number().nullable() },
  "run.paused": { reason: z.string().nullable() },
  "run.resumed": {},
  "run.halted": { scope: z.enum(["organization", "everywhere", "restored"]), reason: z.string() },
  "run.unhalted": {},
  /** Something of it would change something now, and a freeze window holds that until its end (null: until somebody ends it). */
  "run.frozen": { freeze: z.string(), reason: z.string(), until: z.number().nullable() },
  "run.unfrozen": {},
  /** Freeze windows that end by then don't hold it any more. */
  "run.freeze_overridden": { reason: z.string(), until: z.number().nullable() },
  "run.cancel_requested": { undo: z.boolean(), reason: z.string().nullable() },
  "run.deadline_passed": {},
  "run.failing": { step: z.string().nullable(), error: ErrorData },
  "run.retried": { steps: z.array(z.string()) },
  "run.undo_started": { automatic: z.boolean(), reason: z.string(), steps: z.array(z.string()) },
  "run.finished": { status: FinalStatus, error: ErrorData.nullable() },
  "run.suspected": { crashes: z.int() },

  "step.skipped": { step: z.string(), reason: z.enum(["condition", "dependency"]) },
  "step.expanded": { step: z.string(), items: z.array(Json) },
  "step.failed": { step: z.string(), error: ErrorData },
  "step.retry_scheduled": { step: z.string(), operation: Operation, dueAt: z.number() },
  "step.waiting": { step: z.string(), dueAt: z.number().nullable(), signal: z.string().nullable() },
  "step.wait_ended": { step: z.string(), payload: Json },
  "step.slot_awaited": { step: z.string(), key: z.string(), holder: z.string().nullable() },
  /** A limit, a budget or a breaker keeps the attempt from starting. */
  "step.limit_awaited": { step: z.string(), operation: Operation, limit: LimitWait },
  "step.outcome_unclear": { step: z.string(), reason: z.string() },
  "step.undo_skipped": { step: z.string(), reason: z.string() },

  "attempt.started": {
    ...attempt,
    number: z.int(),
    input: Digest,
    changeSet: Digest.nullable(),
    worker: z.string(),
    host: z.string(),
    timeoutMs: z.int(),
    /** Limits cover it: it holds its share of them until its end is known. */
    permit: z.boolean().optional(),
  },
  /** The attempt goes on; a later try of the operation is given it. */
  "attempt.noted": { ...attempt, note: Json },
  /** `usage`: what the tool reported to have used, where anything is metered. */
  "attempt.succeeded": { ...attempt, output: Json, usage: Usage.optional() },
  "attempt.failed": { ...attempt, error: ErrorData, usage: Usage.optional() },
  /** `error`: what the tool reported (it was stopped in the middle); null when nobody saw its end. */
  "attempt.unknown": { ...attempt, reason: z.string(), error: ErrorData.nullable() },
  "attempt.settled": {
    ...attempt,
    outcome: z.enum(["done", "not_done"]),
    output: Json,
    by: z.enum(["inspection", "person", "report"]),
  },

  "child.started": { step: z.string(), child: z.string() },
  "child.ended": {
    step: z.string(),
    child: z.string(),
    status: FinalStatus,
    outputs: Json,
    error: ErrorData.nullable(),
  },
  "child.undo_requested": { step: z.string(), child: z.string() },

  "change_set.created": {
    hash: Digest,
    changeSet: ChangeSet,
    decision: Decision,
    expiresAt: z.number().nullable(),
    /** Whom to tell, and when, if nobody has answered by then. */
    escalation: z.object({ at: z.number(), group: z.string() }).optional(),
  },
  "change_set.approved": { hash: Digest },
  /** `record`: the decision as this installation signed it, a compact JWS. */
  "change_set.rejected": { hash: Digest, reason: z.string(), record: z.string().optional() },
  "change_set.expired": { hash: Digest },
  "change_set.voided": { hash: Digest, reason: z.string() },
  "change_set.commented": { hash: Digest, text: z.string() },
  "approval.recorded": {
    hash: Digest,
    group: z.string(),
    reason: z.string().nullable(),
    /** The human behind the actor; nobody counts twice. */
    person: z.string().optional(),
    /** Whose right it is, where it was delegated. */
    onBehalfOf: OnBehalfOf.optional(),
    /** What proved, for this very change set, that it was them. */
    proof: Proof.optional(),
    /** The decision as this installation signed it, a compact JWS. */
    record: z.string().optional(),
  },
  /** Nobody had decided by then. */
  "approval.escalated": { hash: Digest, group: z.string() },

  "signal.received": { name: z.string(), payload: Json },
  "command.refused": { command: z.string(), error: ErrorData },
} as const;

export type EventType = keyof typeof shapes;
type Shapes = typeof shapes;
type DataOf<T extends EventType> = z.infer<z.ZodObject<Shapes[T]>>;

/** One fact of a run's history. `seq` is dense per run and starts with 1. */
export type RunEvent<T extends EventType = EventType> = {
  [K in T]: { type: K; seq: number; at: number; actor: Actor; data: DataOf<K> };
}[T];

export const eventTypes = Object.keys(shapes) as EventType[];

/** Schema of one event type's data, for clients and for reading stored journals. */
export const eventData = Object.fromEntries(eventTypes.map((type) => [type, z.object(shapes[type])])) as unknown as {
  [K in EventType]: z.ZodObject<Shapes[K]>;
};

export const AnyRunEvent = z
  .object({
    type: z.enum(eventTypes as [EventType, ...EventType[]]),
    seq: z.int().min(1),
    at: z.number(),
    actor: Actor,
    data: z.unknown(),
  })
  .transform((event) => ({ ...event, data: eventData[event.type].parse(event.data) }) as unknown as RunEvent);
