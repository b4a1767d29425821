import type { Decision, Risk } from "../change-set.ts";
import type { ErrorData } from "../error-data.ts";
import type { Actor, FinalStatus, OnBehalfOf, Operation, Proof } from "../events.ts";
import type { Digest, Json } from "../json.ts";
import type { Effect, Plan } from "../plan.ts";
import type { LimitWait, Usage } from "../usage.ts";
import type { Inspection } from "../tool.ts";
import type { Gate, Halt, RunState, StepState } from "./state.ts";

/** Versions of the meaning of events that this core knows. A worker claims only runs of such a version. */
export const engineVersions: readonly number[] = [1, 2];
export const engineVersion = 2;

/** The version that a run needs. An older worker would carry out a dry run for real, and a fork's facts once more. */
export function engineVersionOf({ dryRun, plan }: { dryRun: boolean; plan: Plan }): number {
  return dryRun || plan.facts !== undefined ? 2 : 1;
}

/** What `decide` can't know by itself. Every answer that matters ends up in an event, so replaying asks nobody. */
export interface Surroundings {
  /** Unix milliseconds. */
  readonly now: number;
  readonly worker: string;
  readonly host: string;
  /** 0 ≤ x < 1, for jitter. */
  random(): number;
  newId(): string;
  /** Digest of the tool's package and binaries here. */
  fingerprint(tool: string): string;
  assess(facts: PolicyFacts): { decision: Decision; risk: Risk };
  /** What its answers follow from besides the facts; while it is the same, so are they. Empty: nothing that changes. */
  readonly basis?: string;
  /** Set while a kill switch covers the run, or while a restore does: then outcomes are inspected, and nothing else starts. */
  readonly halt: Halt | null;
  /** The freeze window that covers the run now, the one that ends last; `until` null: when somebody ends it. */
  readonly freeze: { freeze: string; reason: string; until: number | null } | null;
  /** How many attempts may start now. */
  readonly capacity: number;
  /** True when the run holds the slot for this key, or can start without asking. */
  holdsSlot(key: string): boolean;
  /**
   * What limits say to an attempt: `free` where none covers it, the permit that was taken for it (the attempt's id), or
   * null while there is none; it is then asked for, and the run looked at again.
   */
  permit(of: StepState, operation: Operation): "free" | { id: string } | null;
  /** How long an approval of a change set may be used. */
  readonly approvalMs: number;
  /** Whom the environment wants told when nobody answers in that time. */
  readonly escalation?: { afterMs: number; group: string } | null;
  /** The decision as a signed record, a compact JWS; where nobody signs, there is none. */
  sign?(state: RunState, gate: Gate, decision: MadeDecision): string;
}

/** What somebody decided about a change set, as it is signed. */
export interface MadeDecision {
  decision: "approve" | "reject";
  hash: Digest;
  actor: Actor;
  /** Null: who asked for the change rejected it. */
  group: string | null;
  /** Unix milliseconds. */
  at: number;
  reason: string | null;
  person: string;
  onBehalfOf?: OnBehalfOf;
  proof?: Proof;
}

/** What the database says of who decides, in the moment of the decision. Nobody's own word counts for any of it. */
export interface Approver {
  /** Of approvers, the names of teams included. */
  groups: readonly string[];
  /** The human behind the actor. */
  person: string;
  /** True: they have a hand in the change, under this or another name. */
  party: boolean;
  /** Rights that others have given them and that hold now. */
  delegations: readonly { id: string; group: string; from: Actor; person: string; party: boolean }[];
  /** The environment wants a second factor for approvals. */
  needsProof: boolean;
  proof: Proof | null;
}

/** What policy is asked about: a plan before it starts (`start`), or what a gate guards. */
export interface PolicyFacts {
  readonly scope: "start" | "change_set" | "undo";
  readonly environment: string;
  readonly runbook: string | null;
  readonly requester: Actor;
  readonly effect: Effect;
  readonly counts: { add: number; change: number; destroy: number };
  readonly tools: readonly { tool: string; effect: Effect }[];
  /** False when a part of it can't be undone. */
  readonly undoable: boolean;
  /** Steps whose effect could not be previewed. */
  readonly deferred: number;
  /** Whoever proposed it had read text that nobody vouches for. */
  readonly tainted?: boolean;
}

/** Everything that can be told to a run. The last group reaches it through its inbox. */
export type RunInput =
  /** Start it, start what can start, let timers ring. */
  | { kind: "advance" }
  | { kind: "attempt_noted"; attemptId: string; note: Json }
  | { kind: "attempt_succeeded"; attemptId: string; output: Json; usage?: Usage | undefined }
  | {
      kind: "attempt_failed";
      attemptId: string;
      error: ErrorData;
      /** The effect may have happened in part or whole. */ uncertain: boolean;
      usage?: Usage | undefined;
    }
  /** Its worker is gone and nothing on this host can continue it. */
  | { kind: "attempt_lost"; attemptId: string; reason: string }
  /** The slot that the step waits for is held by that run. */
  | { kind: "slot_busy"; step: string; key: string; holder: string | null }
  /** A permit was refused: the step waits for what the limit says. */
  | { kind: "limited"; step: string; operation: Operation; limit: LimitWait }
  /** What the step would use at worst is more than a budget has left. */
  | { kind: "exhausted"; step: string; error: ErrorData }
  /** The statement that starts attempts found the approval wanting: an approver was disabled or left the group. */
  | { kind: "gate_refused"; hash: Digest; reason: string }
  | { kind: "suspect"; crashes: number }
  | { kind: "quarantine"; error: ErrorData }
  | RunCommand;

export type RunCommand =
  /** `group`: the one to stand for, of several. */
  | ({
      kind: "approve";
      actor: Actor;
      groups: readonly string[];
      hash: Digest;
      reason: string | null;
      group?: string | null;
    } & Partial<Approver>)
  | ({ kind: "reject"; actor: Actor; groups: readonly string[]; hash: Digest; reason: string } & Partial<Approver>)
  | { kind: "comment"; actor: Actor; hash: Digest; text: string }
  | { kind: "pause"; actor: Actor; reason: string | null }
  | { kind: "resume"; actor: Actor }
  | { kind: "cancel"; actor: Actor; undo: boolean; reason: string | null }
  /** Retry from failure: the failed steps and those behind them. */
  | { kind: "retry"; actor: Actor }
  /** `approved`: part of a change set that was approved already (a sub-run undone with its parent). */
  | { kind: "undo"; actor: Actor; reason: string; approved: boolean }
  /** `until`: the end of the windows that are overridden. */
  | { kind: "override_freeze"; actor: Actor; reason: string; until: number | null }
  | { kind: "signal"; actor: Actor; name: string; payload: Json }
  /** A person says what became of an attempt that nobody could inspect. */
  | { kind: "settle"; actor: Actor; step: string; outcome: "done" | "not_done"; output: Json }
  | { kind: "child_ended"; actor: Actor; child: string; status: FinalStatus; outputs: Json; error: ErrorData | null }
  /** A worker that lost the run reports what it saw; the first report of an attempt wins. */
  | { kind: "report"; actor: Actor; attemptId: string; result: AttemptReport };

export type AttemptReport =
  | { outcome: "succeeded"; output: Json; usage?: Usage | undefined }
  | { outcome: "failed"; error: ErrorData; uncertain: boolean; usage?: Usage | undefined };

/** Output of an `inspect` attempt. */
export type { Inspection };
