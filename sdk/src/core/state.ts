import type { ChangeSet, Decision } from "../change-set.ts";
import type { ErrorData } from "../errors.ts";
import type { Actor, FinalStatus, Operation } from "../events.ts";
import type { Digest, Json } from "../json.ts";
import type { Plan, Step } from "../plan.ts";
import type { Preview, Undone } from "../tool.ts";

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
  /** Unix milliseconds. */
  deadlineAt: number | null;
  readonly steps: Map<string, StepState>;
  /** Keys of steps whose dependencies are settled and that nothing keeps from starting, in plan order. */
  readonly ready: Set<string>;
  /** Attempts that were announced and whose end is not recorded, by id. */
  readonly open: Map<string, OpenAttempt>;
  /** Steps (by key) that are not settled yet; the run's end is near when it is 0. */
  unsettled: number;
  readonly gates: Map<Digest, Gate>;
  /** Signals that came before anybody waited for them, oldest first. */
  readonly signals: Map<string, Json[]>;
  paused: { since: number; reason: string | null } | null;
  halted: { since: number; scope: "organization" | "everywhere"; reason: string } | null;
  cancel: { undo: boolean; reason: string | null } | null;
  failure: { step: string | null; error: ErrorData } | null;
  undo: { automatic: boolean; reason: string; steps: string[] } | null;
  status: FinalStatus | null;
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
  tries: number;
  attemptId: string | null;
  /** True once a `run` attempt started that may have changed something. */
  touched: boolean;
  output: Json;
  error: ErrorData | null;
  preview: Preview | null;
  /** When to try again, or when a wait ends. */
  dueAt: number | null;
  /** The operation that `dueAt` is for; null for a wait. */
  dueFor: Operation | null;
  waitsFor: { signal: string } | { slot: string } | { gate: Digest } | null;
  verified: boolean;
  child: { id: string; ended: boolean } | null;
  undo: { status: "pending" | "running" | "done" | "failed" | "skipped"; undone: Undone | null; tries: number } | null;
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

export interface Gate {
  readonly hash: Digest;
  readonly changeSet: ChangeSet;
  readonly decision: Decision;
  readonly expiresAt: number | null;
  status: "open" | "approved" | "rejected" | "expired" | "voided";
  readonly approvals: { actor: Actor; group: string; at: number }[];
  /** True once an attempt that it covers has started. */
  begun: boolean;
}
