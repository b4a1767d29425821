import type { RunEvent } from "@gantry/sdk";
import {
  apiPrefix,
  type AttemptView,
  type ChangeSetView,
  type RunDetail,
  type RunSummary,
  type StepView,
  type Who,
} from "@gantry/sdk/api";
import { statusOf, type Gate, type Graph, type StepState } from "@gantry/sdk/core";
import { attemptsOf } from "../../domain/attempts.ts";
import type { FoldedRun } from "../../store/journal/run-history.ts";
import type { RunRow } from "../../store/runs/run-list.ts";

/** A run as its row tells it. */
export function runSummary(row: RunRow): RunSummary {
  const { actor, actorName, parent, parentStep, originKind, originRun, originStep, planDigest: _, ...frame } = row;
  const { createdAt, updatedAt, finishedAt, ...rest } = frame;
  return {
    ...rest,
    requester: { id: actor, name: actorName },
    parent: parent === null ? null : { run: parent, step: parentStep ?? "" },
    origin: originKind === null || originRun === null ? null : { kind: originKind, run: originRun, step: originStep },
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

/** A run in full: its row for the frame, the fold of its events for everything that moves. */
export function runDetail(
  summary: RunSummary,
  { state, events, plan, planDigest }: FoldedRun,
  derived: RunDetail["derived"],
): RunDetail {
  const attempts = attemptsOf(events);
  return {
    ...summary,
    ...statusOf(state),
    seq: state.seq,
    planDigest,
    phase: state.phase,
    steps: [...state.steps.values()].map((step) => stepView(step, plan, state.graph, attempts)),
    changeSets: changeSetViews({ state, events }),
    deadlineAt: timestamp(state.deadlineAt),
    derived,
    links: linksOf(
      summary.id,
      [...state.gates.values()].some((gate) => gate.status === "open"),
    ),
  };
}

/** Change sets of the run, oldest first. */
export function changeSetViews({ state, events }: Pick<FoldedRun, "state" | "events">): ChangeSetView[] {
  const created = new Map(
    events.flatMap((event) => (event.type === "change_set.created" ? [[event.data.hash, event.at]] : [])),
  );
  const ends = endsOf(events);
  return [...state.gates.values()].map((gate) => {
    return changeSetView(gate, created.get(gate.hash) ?? 0, ends.get(gate.hash) ?? null);
  });
}

/** By hash; an approved one may still become void. */
function endsOf(events: readonly RunEvent[]): Map<string, ChangeSetView["ended"]> {
  const ends = new Map<string, ChangeSetView["ended"]>();
  for (const event of events) {
    const when = { at: new Date(event.at).toISOString(), actor: who(event.actor) };
    if (event.type === "change_set.approved" || event.type === "change_set.expired")
      ends.set(event.data.hash, { ...when, reason: null });
    if (event.type === "change_set.voided" || event.type === "change_set.rejected")
      ends.set(event.data.hash, { ...when, reason: event.data.reason });
  }
  return ends;
}

function changeSetView(gate: Gate, createdAt: number, ended: ChangeSetView["ended"]): ChangeSetView {
  return {
    hash: gate.hash,
    status: gate.status,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: timestamp(gate.expiresAt),
    begun: gate.begun,
    approvals: gate.approvals.map(({ actor, group, at, reason, onBehalfOf, proof }) => ({
      actor: who(actor),
      group,
      at: new Date(at).toISOString(),
      reason,
      onBehalfOf: onBehalfOf === null ? null : who(onBehalfOf.actor),
      proof: proof?.method ?? null,
    })),
    comments: gate.comments.map(({ actor, text, at }) => ({ actor: who(actor), text, at: new Date(at).toISOString() })),
    escalatedTo: gate.escalated ? (gate.escalation?.group ?? null) : null,
    ended,
    decision: gate.decision,
    changeSet: gate.changeSet,
  };
}

function who({ id, name }: { id: string; name: string }): Who {
  return { id, name };
}

/** A step as its run's state and history tell it. */
export function stepView(
  one: StepState,
  plan: FoldedRun["plan"],
  { dependencies, facts }: Graph,
  attempts: ReadonlyMap<string, AttemptView[]>,
): StepView {
  const { step } = one;
  const tool = step.kind === "tool" ? step.tool : null;
  return {
    key: one.key,
    id: step.id,
    title: step.title ?? step.id,
    kind: step.kind,
    agent: step.kind === "tool" ? step.agent : null,
    tool,
    effect: plan.tools.find((facts) => facts.name === tool)?.effect ?? null,
    status: one.status,
    after: [...(dependencies.get(step.id) ?? [])],
    fact: facts.get(one.key)?.from ?? null,
    output: one.output,
    error: one.error,
    preview: one.preview,
    dueAt: timestamp(one.dueAt),
    needsPerson: one.needsPerson,
    child: one.child?.id ?? null,
    undo: one.undo === null ? null : { status: one.undo.status, undone: one.undo.undone },
    attempts: attempts.get(one.key) ?? [],
  };
}

function linksOf(run: string, open: boolean): Record<string, string> {
  const self = `${apiPrefix}/runs/${run}`;
  const links = {
    self,
    plan: `${self}/plan`,
    events: `${self}/events`,
    logs: `${self}/logs`,
    changeSet: `${self}/change-set`,
  };
  return open ? { ...links, approve: `${self}/approve`, reject: `${self}/reject` } : links;
}

function timestamp(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
