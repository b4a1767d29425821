import type { ErrorData, Plan } from "@gantry/sdk";
import type { RunInput, RunState, Surroundings } from "@gantry/sdk/core";
import type { RunWrite } from "../store/journal/flush.ts";
import type { StoredRun } from "../store/journal/load-runs.ts";

/** An input that waits for its turn. `message`: the inbox row that it came in. */
export interface PendingInput {
  input: RunInput;
  message: string | null;
  /** What its sender is told whatever comes of it. */
  answer?: ErrorData;
}

/** What policy says of a run, as it stood when the run was loaded. */
export interface RunPolicy {
  /** What that followed from; a decision is refused where it is written once it is something else. */
  readonly basis: string;
  assess: Surroundings["assess"];
}

/** A run in this process. Its state runs ahead of the journal by the write that is under way, never by more. */
export interface OwnedRun {
  readonly id: string;
  readonly stored: Omit<StoredRun, "events" | "snapshot">;
  readonly session: string;
  state: RunState;
  policy: RunPolicy;
  crashes: number;
  /** Where it stood when it was last stored as a whole; 0: never. */
  snapshotSeq: number;
  pending: PendingInput[];
  /** Inputs of the write that is under way: taken again when it is refused. */
  inFlight: PendingInput[];
  /** Writes decided but not yet sent; more than one only where an approval and the attempt it allows fell together. */
  parts: RunWrite[];
  /** In the journal's line, or its write is under way. */
  queued: boolean;
  writing: boolean;
  /** Loading, reloading or settling attempts of its former owner: inputs wait. */
  recovering: boolean;
  /** Asynchronous things done for it (slots, sub-runs): it isn't parked meanwhile. */
  errands: number;
  /** Its plan has concurrency keys. */
  readonly usesSlots: boolean;
  /** Slots that it holds, and the step that each is for (empty: the run). */
  slots: Map<string, string>;
  /** Slots that it was refused since it last looked. */
  refusedSlots: Set<string>;
  /** Attempts that hold a permit. */
  permits: Set<string>;
  /** Permits that were taken and whose attempts the next decision announces, by step and operation. */
  grants: Map<string, string>;
  /** What limits refused, until when (null: until something is given back), by step and operation. */
  limited: Map<string, number | null>;
  /** Permits that are being asked for, by step and operation. */
  asking: Set<string>;
  /** When it last asked again for what has no time. */
  askedAt: number;
  /** Change sets whose begin is journalled. */
  begun: Set<string>;
  /** Inbox rows that it knows already. */
  messages: Set<string>;
  /** Those of them that were handled since the inbox was last looked at: a look that began before may still bring them. */
  handled: string[];
  timer: NodeJS.Timeout | null;
  /** Attempts as last counted by the dispatcher. */
  counted: number;
  /** Waits in the dispatcher's line for capacity. */
  waitsForCapacity: boolean;
  /** Has its turn: it may use free capacity whoever else waits. */
  granted: boolean;
  /** How often in a row the database refused its write although it is ours. */
  refusals: number;
  /** How often in a row the database refused its data. */
  rejections: number;
  /** Not ours any more; whatever still comes for it goes to its inbox. */
  gone: boolean;
}

export function createOwnedRun(stored: StoredRun, session: string, state: RunState, policy: RunPolicy): OwnedRun {
  const { events: _events, snapshot: _snapshot, ...kept } = stored;
  return {
    id: stored.id,
    stored: kept,
    session,
    state,
    policy,
    crashes: stored.crashes,
    snapshotSeq: stored.snapshotSeq ?? 0,
    pending: [],
    inFlight: [],
    parts: [],
    queued: false,
    writing: false,
    recovering: true,
    errands: 0,
    usesSlots: usesSlots(state.plan),
    slots: new Map(stored.slots.map((key) => [key, ""])),
    refusedSlots: new Set(),
    permits: new Set(stored.permits),
    grants: new Map(),
    limited: new Map(),
    asking: new Set(),
    askedAt: 0,
    begun: new Set(),
    messages: new Set(),
    handled: [],
    timer: null,
    counted: 0,
    waitsForCapacity: false,
    granted: false,
    refusals: 0,
    rejections: 0,
    gone: false,
  };
}

/** The outcome of a message: null when it was carried out. */
export interface HandledMessage {
  id: string;
  outcome: ErrorData | null;
}

function usesSlots(plan: Plan): boolean {
  return (
    plan.concurrencyKey !== undefined ||
    plan.steps.some((step) => step.kind === "tool" && step.concurrencyKey !== undefined)
  );
}
