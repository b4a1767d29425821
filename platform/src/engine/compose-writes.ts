import { platformActor, type Inspection, type Json, type RunEvent, type Usage } from "@gantry/sdk";
import { mayChange, outputsOf, type Gate, type RunState, type StatusView } from "@gantry/sdk/core";
import { isConnectionFailure } from "../domain/limits/breaker.ts";
import { findSecretRefs } from "../secrets/index.ts";
import type {
  ApprovalWrite,
  ChangeSetWrite,
  ExtraWrite,
  MessageWrite,
  PermitWrite,
  RunWrite,
} from "../store/journal/flush.ts";
import { sealSnapshot } from "../store/journal/snapshot.ts";
import type { HandledMessage, OwnedRun } from "./owned-run.ts";

export interface Composition {
  events: readonly RunEvent[];
  handled: readonly HandledMessage[];
  view: StatusView;
  /** Ownership is given up; `dueAt` is when somebody has to look again. */
  release: { dueAt: number | null } | null;
  freedSlots: readonly string[];
  newId(): string;
}

/**
 * What a decision writes, as one write or more. It is cut where an attempt starts under an approval that was given in
 * the same decision: the guard of the attempt reads committed approvals only.
 */
export function composeWrites(run: OwnedRun, composition: Composition): RunWrite[] {
  const { state, stored } = run;
  const { events, view, release } = composition;
  const seqFrom = state.seq - events.length;
  const waiting = view.waiting === null ? null : JSON.stringify(view.waiting);
  const error = view.error === null ? null : JSON.stringify(view.error);
  const parts = cut(state, events);
  return parts.map((part, index): RunWrite => {
    const last = index === parts.length - 1;
    const from = index === 0 ? seqFrom : (part[0]?.seq ?? seqFrom + 1) - 1;
    return {
      id: run.id,
      fence: stored.fence,
      seqFrom: from,
      seqTo: from + part.length,
      status: view.status,
      waiting,
      error,
      starts: startsOf(state, part),
      basis: part.some(isByPolicy) ? run.policy.basis : null,
      release: last && release !== null,
      finished: state.status !== null,
      events: part,
      extra: extraOf(run, part, composition, index === 0, last),
    };
  });
}

/** Also where the core errs, the statement refuses a dry run's change by this. */
function startsOf(state: RunState, events: readonly RunEvent[]): RunWrite["starts"] {
  const started = events.filter((event) => event.type === "attempt.started");
  const changing = started.filter(({ data }) => {
    const step = state.steps.get(data.step);
    return step === undefined || mayChange(state, step, data.operation);
  });
  if (started.length === 0) return "nothing";
  if (changing.length === 0) return started.every(({ data }) => data.operation === "inspect") ? "inspects" : "harmless";
  const restores = changing.every(({ data }) => data.operation === "undo") && state.undo?.automatic === true;
  return restores ? "restores" : "changes";
}

/** Policy said so, or had its say about what starts here. */
function isByPolicy({ type, data }: RunEvent): boolean {
  if (type === "run.finished") return data.status === "denied";
  return type === "attempt.started" || type === "run.started" || type === "change_set.created";
}

function cut(state: RunState, events: readonly RunEvent[]): (readonly RunEvent[])[] {
  let approvedHere: Set<string> | null = null;
  for (const [index, event] of events.entries()) {
    if (event.type === "change_set.approved") {
      const needed = state.gates.get(event.data.hash)?.decision.approvals.length ?? 0;
      if (needed > 0) (approvedHere ??= new Set()).add(event.data.hash);
    } else if (
      event.type === "attempt.started" &&
      event.data.changeSet !== null &&
      approvedHere?.has(event.data.changeSet)
    ) {
      return [events.slice(0, index), ...cut(state, events.slice(index))];
    }
  }
  return [events];
}

const platformActorText = JSON.stringify(platformActor);

/** Null for the writes that most are: a step ends, the next one starts. */
function extraOf(
  run: OwnedRun,
  events: readonly RunEvent[],
  { handled, release, freedSlots, newId }: Composition,
  first: boolean,
  last: boolean,
): ExtraWrite | null {
  const snapshotDue = last && isSnapshotDue(run);
  if (release === null && handled.length === 0 && freedSlots.length === 0 && !snapshotDue && isPlain(run, events))
    return null;
  const extra: ExtraWrite = {
    progressed: false,
    snapshot: snapshotDue ? takeSnapshot(run) : null,
    dueAt: last ? (release?.dueAt ?? null) : null,
    gates: [],
    changeSets: [],
    approvals: [],
    handled: first
      ? handled.map(({ id, outcome }) => ({ id, outcome: outcome === null ? null : JSON.stringify(outcome) }))
      : [],
    messages: [],
    freedKeys: last ? [...freedSlots] : [],
    permits: [],
  };
  const touched = new Set<string>();
  const decidedHere = new Set<string>();
  for (const event of events) {
    switch (event.type) {
      case "attempt.succeeded":
      case "attempt.failed":
      case "attempt.settled":
        extra.progressed ||= run.crashes > 0 && isProgress(event);
        if (run.permits.size > 0) endPermits(run, event, extra.permits);
        break;
      case "attempt.unknown":
        if (run.permits.size > 0) endPermits(run, event, extra.permits);
        break;
      case "attempt.started":
        coverAttempt(run, extra, event.data.changeSet, touched, decidedHere);
        break;
      case "change_set.created":
        decidedHere.add(event.data.hash);
        touched.add(event.data.hash);
        break;
      case "change_set.approved":
      case "change_set.rejected":
      case "change_set.expired":
      case "change_set.voided":
        touched.add(event.data.hash);
        break;
      case "approval.recorded":
        extra.approvals.push(approvalRow(event));
        break;
      default:
        messagesOf(run, event, extra.messages, newId);
    }
  }
  for (const hash of touched) extra.changeSets.push(changeSetRow(run, hash));
  return isEmpty(extra) ? null : extra;
}

/** Attempts that nobody had to approve, that hold nothing and of a run that no worker died with. */
function isPlain({ crashes, permits }: OwnedRun, events: readonly RunEvent[]): boolean {
  if (crashes > 0 || permits.size > 0) return false;
  return events.every(
    ({ type, data }) =>
      type === "attempt.succeeded" ||
      type === "attempt.noted" ||
      (type === "attempt.started" && data.changeSet === null),
  );
}

/**
 * Folding so many events takes a few milliseconds, so a short run never has a snapshot. One is as long as the run has steps:
 * taken after as many events as half of them, all together are no longer than a few times the journal.
 */
function isSnapshotDue({ state, snapshotSeq }: OwnedRun): boolean {
  const behind = state.seq - snapshotSeq;
  return behind >= 500 && behind * 2 >= state.steps.size && state.status === null;
}

function takeSnapshot(run: OwnedRun): string {
  run.snapshotSeq = run.state.seq;
  return sealSnapshot(run.state);
}

/**
 * Something came to its end under this owner that needn't be done again. The end of what the dead worker left, its
 * inspection, and that it never happened, come back after every crash: a run that killed each of its workers would be
 * cleared each time.
 */
function isProgress(event: RunEvent<"attempt.succeeded" | "attempt.failed" | "attempt.settled">): boolean {
  if (event.type === "attempt.settled") return event.data.outcome === "done";
  if (event.data.operation === "inspect") return false;
  return event.type === "attempt.succeeded" || event.data.error.code !== "attempt_lost";
}

/** What the event tells of attempts that hold permits. The outcome that a permit waits for may come with another attempt's. */
function endPermits(
  { permits, state }: OwnedRun,
  event: RunEvent<"attempt.succeeded" | "attempt.failed" | "attempt.settled" | "attempt.unknown">,
  writes: PermitWrite[],
): void {
  const end = (id: string, usage: Usage | null, outcome: PermitWrite["outcome"], ended = true): void => {
    if (!permits.has(id)) return;
    if (ended) permits.delete(id);
    writes.push({ id, ended, usage: usage === null ? null : JSON.stringify(usage), outcome });
  };
  const { attemptId } = event.data;
  const step = state.steps.get(event.data.step);
  switch (event.type) {
    case "attempt.succeeded":
      // It was stopped, and looking showed that nothing came of it.
      if (event.data.operation === "inspect" && (event.data.output as Inspection).status === "not_done")
        end(step?.attemptId ?? "", nothingUsed, "answered");
      return end(attemptId, event.data.usage ?? null, "answered");
    case "attempt.failed":
      return end(attemptId, event.data.usage ?? null, isConnectionFailure(event.data.error) ? "failed" : "answered");
    case "attempt.settled":
      return end(attemptId, event.data.outcome === "not_done" ? nothingUsed : null, "answered");
    case "attempt.unknown": {
      // Nobody will look or ask: it is simply run again, and what it may have used counts.
      const tool = step?.step.kind === "tool" ? state.graph.tools.get(step.step.tool) : undefined;
      return end(attemptId, null, "unknown", tool?.inspect !== true && tool?.idempotent === true);
    }
    default:
      return event satisfies never;
  }
}

const nothingUsed: Usage = { requests: 0 };

function coverAttempt(
  run: OwnedRun,
  extra: ExtraWrite,
  hash: string | null,
  touched: Set<string>,
  decidedHere: ReadonlySet<string>,
): void {
  if (hash === null) return;
  // Allowed by policy in this very write: there is nobody whose approval could have lapsed.
  if (!decidedHere.has(hash) && !extra.gates.includes(hash)) extra.gates.push(hash);
  if (run.begun.has(hash)) return;
  run.begun.add(hash);
  touched.add(hash);
}

function changeSetRow({ state, begun }: OwnedRun, hash: string): ChangeSetWrite {
  const gate = [...state.gates.values()].find((one) => one.hash === hash);
  if (!gate) throw new Error(`Run ${state.id} has no change set ${hash}.`);
  return {
    hash,
    gate: gate.changeSet.gate,
    status: gate.status,
    approvals: JSON.stringify(gate.decision.approvals),
    expiresAt: gate.expiresAt,
    begun: begun.has(hash),
    parties: [...new Set(gate.changeSet.parties?.map(({ id }) => id).filter((id) => uuid.test(id)))],
    shared: gate.decision.shared === true,
    secrets: gate.decision.approvals.length === 0 ? [] : secretsOf(state, gate),
  };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Names of those that the steps are given, as the plan writes them. */
function secretsOf({ plan }: RunState, { changeSet: { entries } }: Gate): string[] {
  const covered = new Set(entries.map(({ step }) => step.replace(/\[\d+\]$/, "")));
  const steps = plan.steps.filter((step) => step.kind === "tool" && covered.has(step.id));
  return [...new Set(steps.flatMap((step) => (step.kind === "tool" ? namesIn(step.input) : [])))];
}

function namesIn(input: Json): string[] {
  try {
    return findSecretRefs(input);
  } catch {
    // Not a reference after all: the attempt fails of it.
    return [];
  }
}

function approvalRow({ actor, data }: RunEvent<"approval.recorded">): ApprovalWrite {
  const { hash, group, onBehalfOf, proof } = data;
  return { hash, actor: actor.id, group, delegation: onBehalfOf?.delegation ?? null, proof: proof?.id ?? null };
}

/** What other runs are told of an event, in the statement that journals it. */
function messagesOf({ state, stored }: OwnedRun, event: RunEvent, messages: MessageWrite[], newId: () => string): void {
  const send = (run: string, kind: string, payload: object): void => {
    messages.push({ id: newId(), run, kind, payload: JSON.stringify(payload), actor: platformActorText });
  };
  switch (event.type) {
    case "run.finished":
      if (stored.parent === null) return;
      return send(stored.parent, "child_ended", {
        child: state.id,
        status: event.data.status,
        outputs: outputsOf(state),
        error: event.data.error,
      });
    case "child.undo_requested":
      return send(event.data.child, "undo", {
        reason: state.undo?.reason ?? "The run that started it is undone.",
        approved: true,
      });
    case "run.cancel_requested":
    case "run.deadline_passed":
      // What sub-runs did is undone by the parent's own undo, in its order.
      for (const { child } of state.steps.values()) {
        if (child && !child.ended)
          send(child.id, "cancel", { undo: false, reason: "The run that started it was stopped." });
      }
      return;
    default:
  }
}

function isEmpty(extra: ExtraWrite): boolean {
  return (
    !extra.progressed &&
    extra.snapshot === null &&
    extra.dueAt === null &&
    extra.gates.length === 0 &&
    extra.changeSets.length === 0 &&
    extra.approvals.length === 0 &&
    extra.handled.length === 0 &&
    extra.messages.length === 0 &&
    extra.freedKeys.length === 0 &&
    extra.permits.length === 0
  );
}
