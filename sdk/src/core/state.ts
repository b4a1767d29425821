import type { ChangeSet, Decision, Party } from "../change-set.ts";
import type { ErrorData } from "../error-data.ts";
import type { Actor, FinalStatus, OnBehalfOf, Operation, Proof } from "../events.ts";
import type { Digest, Json } from "../json.ts";
import type { Plan, Step } from "../plan.ts";
import type { Preview, Undone } from "../tool.ts";
import type { LimitWait } from "../usage.ts";
import type { Graph } from "./graph.ts";
import type { Timers } from "./timers.ts";

/** A kill switch that covers the run, or a restore that does. */
export interface Halt {
  scope: "organization" | "everywhere" | "restored";
  reason: string;
}

/**
 * A run's state: what folding its events gives. It is changed only by `evolve`, in place, by the one who owns it.
 * Copying it for every event made a loop of 10,000 items quadratic.
 */
export interface RunState {
  readonly id: string;
  readonly plan: Plan;
  readonly planDigest: Digest;
  seq: number;
  phase: RunPhase;
  requester: Actor;
  /** Who else had a hand in it and can't approve it. */
  parties: readonly Party[];
  /** It shows what it would change and changes nothing. */
  dryRun: boolean;
  /** Unix milliseconds. */
  deadlineAt: number | null;
  readonly steps: Map<string, StepState>;
  readonly graph: Graph;
  /** Keys of steps whose dependencies are settled and that haven't begun. */
  readonly ready: Set<string>;
  /** Those of them that need not wait for the gate; in a dry run, those that are carried out. */
  readonly early: Set<string>;
  /** Keys of steps that ran and are to be verified, or whose outcome is to be inspected. */
  readonly todo: Set<string>;
  /** Keys of steps with a `dueAt`. */
  readonly timers: Timers;
  /** Keys of steps of which a limit keeps an attempt from starting. */
  readonly limited: Set<string>;
  /** Keys of steps that something outside must settle: a person, a signal, a slot, a limit, a sub-run, an inspection. */
  readonly waiting: Set<string>;
  /** Attempts that were announced and whose end is not recorded, by id. */
  readonly open: Map<string, OpenAttempt>;
  /** Steps of the plan (loops count once) that have neither succeeded nor been skipped. */
  unsettled: number;
  readonly gates: Map<Digest, Gate>;
  /** Steps to preview again after people approved and before the first effect. */
  readonly recheck: Set<string>;
  /** Signals that came before anybody waited for them, oldest first. */
  readonly signals: Map<string, Json[]>;
  paused: { since: number; reason: string | null } | null;
  halted: ({ since: number } & Halt) | null;
  frozen: { since: number; freeze: string; reason: string; until: number | null } | null;
  /** Up to when freeze windows may end and still not hold it. */
  freezeOverride: { until: number | null } | null;
  cancel: { undo: boolean; reason: string | null } | null;
  failure: { step: string | null; error: ErrorData } | null;
  /** `by`: at whose word it began. */
  undo: { automatic: boolean; reason: string; steps: string[]; by: Actor } | null;
  status: FinalStatus | null;
  finalError: ErrorData | null;
  /** The end that a requested undo took the run out of; it falls back to it when the undo is rejected. */
  formerStatus: FinalStatus | null;
}

/** Where a run is in the one loop. `done` has a final status. */
export type RunPhase = "queued" | "preparing" | "gate" | "executing" | "undoing" | "done";

export interface StepState {
  readonly key: string;
  readonly step: Step;
  /** Set for an item of a loop. */
  readonly item?: { readonly value: Json; readonly index: number; readonly parent: string };
  status: StepStatus;
  /** Dependencies that are not settled yet. */
  blockedBy: number;
  /** Keys of the items, once the loop is expanded. */
  items: string[] | null;
  itemsLeft: number;
  /** Items that were released to run and are not settled. */
  itemsActive: number;
  nextItem: number;
  /** Attempts started since the step (or, for `verify` and `inspect`, its latest `run`) began. */
  tries: Record<Operation, number>;
  /** What attempts of an operation that has not succeeded yet wrote down, oldest first; null: none did. */
  notes: Partial<Record<Operation, Json[]>> | null;
  /** The latest `run` attempt. */
  attemptId: string | null;
  /** Where that attempt ran. */
  attemptHost: string | null;
  /** True once a `run` attempt started that may have changed something. */
  touched: boolean;
  output: Json;
  error: ErrorData | null;
  /** Why the latest `run` attempt ended early, where the tool said so but not how far it had come. */
  interrupted: ErrorData | null;
  preview: Preview | null;
  /** When to try again, or when a wait ends. */
  dueAt: number | null;
  /** The operation that `dueAt` is for; null for a wait. */
  dueFor: Operation | null;
  waitsFor: { signal: string } | { slot: string } | { gate: Digest } | null;
  /** The outcome is unknown and inspecting could not tell: a person must. */
  needsPerson: boolean;
  /** The limit in the way of its next attempt, since when, and of which operation. */
  limit: (LimitWait & { operation: Operation; since: number }) | null;
  child: { id: string; ended: boolean } | null;
  undo: { status: "pending" | "running" | "done" | "failed" | "skipped"; undone: Undone | null } | null;
}

export type StepStatus =
  | "pending"
  | "running"
  | "waiting"
  | "verifying"
  | "succeeded"
  | "failed"
  | "skipped"
  | "unknown";

export interface OpenAttempt {
  readonly id: string;
  readonly step: string;
  readonly operation: Operation;
  readonly number: number;
  readonly startedAt: number;
  readonly timeoutMs: number;
  readonly worker: string;
  readonly host: string;
  readonly changeSet: Digest | null;
}

export interface GivenApproval {
  actor: Actor;
  group: string;
  at: number;
  reason: string | null;
  /** The human behind the actor. */
  person: string;
  onBehalfOf: OnBehalfOf | null;
  proof: Proof | null;
  /** Null: given before approvals were signed. */
  record: string | null;
}

export interface Gate {
  readonly hash: Digest;
  readonly changeSet: ChangeSet;
  readonly decision: Decision;
  /** Absent in states that earlier releases stored. */
  readonly createdAt?: number;
  readonly expiresAt: number | null;
  /** `previewed`: of a dry run, which asks nobody. */
  status: "open" | "approved" | "rejected" | "expired" | "voided" | "previewed";
  readonly approvals: GivenApproval[];
  readonly comments: { actor: Actor; text: string; at: number }[];
  readonly escalation: { at: number; group: string } | null;
  escalated: boolean;
  /** True once an attempt that it covers has started. */
  begun: boolean;
}
