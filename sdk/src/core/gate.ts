import type { ChangeSet, ChangeSetEntry, Party, UndoEntry } from "../change-set.ts";
import type { Actor } from "../events.ts";
import { digestOf, type Digest } from "../json.ts";
import { effectOrder, touchesWorld, type Effect } from "../plan.ts";
import { parseCondition } from "./condition.ts";
import type { PolicyFacts } from "./input.ts";
import { emit, step, type Machine } from "./machine.ts";
import { taintOf } from "./plan-policy.ts";
import { conditionHolds, inputOf } from "./scope.ts";
import type { Gate, RunState, StepState } from "./state.ts";
import { toolOf } from "./tool-of.ts";

const maximumTouches = 200;

/** The gate before the first change: what policy and people decide on. */
export function openRunGate(m: Machine): void {
  const steps = touchingSteps(m.state).filter(isAhead);
  openGate(
    m,
    "run",
    steps.map((one) => entryOf(m, one)),
    undoPlan(m.state, steps),
    m.state.plan.onFailure === "undo",
  );
}

/** The gate before an undo that somebody asked for after the run had ended. */
export function openUndoGate(m: Machine, keys: readonly string[], actor: Actor): void {
  const steps = keys.map((key) => step(m, key));
  openGate(
    m,
    "undo",
    // A sub-run is undone by its own steps, under its own history; the undo plan names it.
    steps.filter((one) => one.step.kind === "tool").map((one) => reversed(entryOf(m, one))),
    undoPlan(m.state, steps),
    false,
    [{ role: "undoer", id: actor.id, name: actor.name }],
  );
}

/** An approval that the plan itself asks for, in the middle of it. */
export function openApprovalWait(m: Machine, of: StepState, group: string, count: number, timeoutMs: number): void {
  const changeSet = changeSetOf(m, of.step.id, [], [], false, "reads");
  const decision = {
    result: "require_approval" as const,
    policies: ["plan"],
    reasons: [`The plan waits for ${count} of ${group} at ${of.step.title ?? of.key}.`],
    facts: {},
    approvals: [{ group, count }],
  };
  const complete: ChangeSet = { ...changeSet, risk: { level: "low", reasons: [] }, decision };
  emit(m, "change_set.created", {
    hash: digestOf(complete),
    changeSet: complete,
    decision,
    expiresAt: m.around.now + timeoutMs,
    ...escalationOf(m, m.around.now + timeoutMs),
  });
}

/** When to tell somebody else, if nobody answers; only where that is before it is too late anyway. */
function escalationOf({ around }: Machine, expiresAt: number | null): { escalation?: { at: number; group: string } } {
  if (!around.escalation || expiresAt === null) return {};
  const at = around.now + around.escalation.afterMs;
  return at < expiresAt ? { escalation: { at, group: around.escalation.group } } : {};
}

/** True once every group that policy names has approved. */
export function isApproved(gate: Gate): boolean {
  return leftOf(gate).length === 0;
}

/** What is still missing, by group. */
export function leftOf({
  decision,
  approvals,
}: Pick<Gate, "decision" | "approvals">): { group: string; left: number }[] {
  return decision.approvals
    .map(({ group, count }) => ({ group, left: count - approvals.filter((one) => one.group === group).length }))
    .filter(({ left }) => left > 0);
}

/** The approved change set that covers the run's changes, if there is one. */
export function approvedGate(state: RunState): Gate | undefined {
  return [...state.gates.values()].findLast((gate) => gate.changeSet.gate === "run" && gate.status === "approved");
}

export function openGateOf(state: RunState): Gate | undefined {
  return [...state.gates.values()].find((gate) => gate.status === "open");
}

/** Steps (items of loops included) that may change something. */
export function touchingSteps(state: RunState): StepState[] {
  return state.graph.touching.flatMap((id) => {
    const one = state.steps.get(id) as StepState;
    return one.items ? one.items.map((key) => state.steps.get(key) as StepState) : [one];
  });
}

/** Why a step may not start under the gate that was approved; null when it may. */
export function whyNotCovered(m: Machine, gate: Gate, of: StepState): string | null {
  const entry = entriesOf(gate).get(of.key) ?? entriesOf(gate).get(of.step.id);
  if (!entry) return `Step ${of.key} is not part of the change set.`;
  if (entry.fingerprint !== m.around.fingerprint(entry.tool))
    return `The tool ${entry.tool} (or a program it uses) is not the one that was previewed.`;
  if (!entry.deferred && entry.input !== digestOf(inputOf(m.state, of)))
    return `The input of step ${of.key} is not the one that was approved.`;
  if (!gate.begun && gate.expiresAt !== null && gate.expiresAt <= m.around.now)
    return "The approval expired before the first change.";
  return whyNotAllowed(m, gate);
}

const allowedOn = new WeakMap<Gate, string>();

/** What policy has against it by now: policies may be others than when it was decided on. Asked once for each change of theirs. */
function whyNotAllowed(m: Machine, gate: Gate): string | null {
  const { basis = "" } = m.around;
  if (basis === "" || allowedOn.get(gate) === basis) return null;
  const { decision } = m.around.assess(factsOf(m.state, gate.changeSet));
  const names = decision.policies.join(", ");
  if (decision.result === "deny") return `Policy ${names} denies it by now: ${decision.reasons.join(" ")}`;
  const missing = leftOf({ decision, approvals: gate.approvals }).map(({ group, left }) => `${left} of ${group}`);
  if (missing.length > 0) return `Policy ${names} asks for an approval by now that is missing: ${missing.join(", ")}.`;
  allowedOn.set(gate, basis);
  return null;
}

const entryMaps = new WeakMap<Gate, ReadonlyMap<string, ChangeSetEntry>>();

export function entriesOf(gate: Gate): ReadonlyMap<string, ChangeSetEntry> {
  let map = entryMaps.get(gate);
  if (!map) entryMaps.set(gate, (map = new Map(gate.changeSet.entries.map((entry) => [entry.step, entry]))));
  return map;
}

/** True when everything that the step's input and loop refer to is known. */
export function isKnown(state: RunState, of: StepState): boolean {
  if (of.step.each !== undefined && !of.item) return false;
  return [...(state.graph.data.get(of.step.id) ?? [])].every((id) => isSettled(state.steps.get(id)));
}

export function isSettled(one: StepState | undefined): boolean {
  return one?.status === "succeeded" || one?.status === "skipped";
}

/** Not begun, or to be tried again. */
export function isAhead(one: StepState): boolean {
  return one.status === "pending" || (one.status === "waiting" && one.dueFor === "run");
}

/** What undoing an entry does: what was added goes, what went or changed comes back. Unpreviewed, the worst is assumed. */
function reversed(entry: ChangeSetEntry): ChangeSetEntry {
  const { preview } = entry;
  if (!preview) return { ...entry, effect: "destroys" };
  const { counts, undo, touches } = preview;
  const effect = counts.add > 0 ? "destroys" : "changes";
  return {
    ...entry,
    effect,
    preview: {
      summary: undo.how,
      effect,
      counts: { add: counts.destroy, change: counts.change, destroy: counts.add },
      touches,
      undo: { possible: false, how: "The change can be made again by a new run.", limits: [] },
    },
  };
}

function entryOf(m: Machine, of: StepState): ChangeSetEntry {
  const tool = toolOf(m.state, of);
  if (!tool || of.step.kind !== "tool") throw new Error(`Step ${of.key} has no tool.`);
  const deferred = !isKnown(m.state, of);
  return {
    step: of.key,
    title: of.step.title ?? of.step.id,
    tool: tool.name,
    fingerprint: m.around.fingerprint(tool.name),
    maximumEffect: tool.effect,
    effect: of.preview?.effect ?? tool.effect,
    input: digestOf(deferred ? of.step.input : inputOf(m.state, of)),
    deferred,
    conditional: of.step.when !== undefined && !conditionKnown(m.state, of),
    preview: of.preview,
  };
}

function conditionKnown(state: RunState, of: StepState): boolean {
  return of.step.when === undefined || parseCondition(of.step.when).steps.every((id) => isSettled(state.steps.get(id)));
}

/** The value of a step's condition where it can be known already. */
export function earlyCondition(state: RunState, of: StepState): boolean | null {
  if (of.step.when === undefined || !conditionKnown(state, of) || (of.step.each !== undefined && !of.item)) return null;
  return conditionHolds(state, of);
}

function undoPlan(state: RunState, steps: readonly StepState[]): UndoEntry[] {
  return steps.map((one): UndoEntry => {
    const keep = one.step.kind === "tool" && one.step.undo === "none";
    if (keep) return { step: one.key, possible: false, how: "It is left in place: the plan says so.", limits: [] };
    if (one.step.kind === "run") return { step: one.key, possible: true, how: "Its sub-run is undone.", limits: [] };
    if (!toolOf(state, one)?.undo)
      return { step: one.key, possible: false, how: "The tool can't undo it.", limits: [] };
    if (one.preview) return { step: one.key, ...one.preview.undo };
    return {
      step: one.key,
      possible: true,
      how: "The tool undoes it.",
      limits: ["Details are known once its input is."],
    };
  });
}

function openGate(
  m: Machine,
  name: "run" | "undo",
  entries: ChangeSetEntry[],
  undo: UndoEntry[],
  automatic: boolean,
  more: readonly Party[] = [],
): void {
  const draft = changeSetOf(m, name, entries, undo, automatic, greatest(entries.map((entry) => entry.effect)), more);
  const { decision, risk } = m.around.assess(factsOf(m.state, draft));
  const changeSet: ChangeSet = { ...draft, risk, decision };
  const hash = uniqueHash(m.state, changeSet);
  const asks = decision.result === "require_approval" && !m.state.dryRun;
  const expiresAt = asks ? m.around.now + m.around.approvalMs : null;
  emit(m, "change_set.created", { hash, changeSet, decision, expiresAt, ...escalationOf(m, expiresAt) });
  if (m.state.dryRun) return;
  if (decision.result === "allow") emit(m, "change_set.approved", { hash });
}

/** What policy is asked about a change set. */
function factsOf(state: RunState, changeSet: Omit<ChangeSet, "risk" | "decision">): PolicyFacts {
  const { gate, environment, effect, counts, entries, undo } = changeSet;
  return {
    scope: gate === "undo" ? "undo" : "change_set",
    environment,
    runbook: state.plan.runbook?.name ?? null,
    requester: state.requester,
    effect,
    counts,
    tools: entries.map((entry) => ({ tool: entry.tool, effect: entry.effect })),
    undoable: undo.steps.every((entry) => entry.possible),
    deferred: entries.filter((entry) => touchesWorld(entry.effect) && !entry.preview).length,
    ...taintOf(state.plan),
  };
}

/** The same change asked for again needs a new decision, so a hash that is taken is not used twice. */
function uniqueHash(state: RunState, changeSet: ChangeSet): Digest {
  let hash = digestOf(changeSet);
  for (let round = 2; state.gates.has(hash); round += 1) hash = digestOf({ ...changeSet, round });
  return hash;
}

function changeSetOf(
  m: Machine,
  gate: ChangeSet["gate"],
  entries: ChangeSetEntry[],
  undo: UndoEntry[],
  automatic: boolean,
  effect: Effect,
  more: readonly Party[] = [],
): Omit<ChangeSet, "risk" | "decision"> {
  const { state } = m;
  const { id, name } = state.requester;
  const prepared = Object.fromEntries(
    [...state.steps.values()]
      .filter(
        (one) =>
          one.status === "succeeded" && !one.item && (gate !== "run" || state.graph.preparation.has(one.step.id)),
      )
      .map((one) => [one.key, digestOf(one.output)]),
  );
  const touches = [...new Set(entries.flatMap((entry) => entry.preview?.touches ?? []))];
  const counts = { add: 0, change: 0, destroy: 0 };
  for (const { preview } of entries) {
    counts.add += preview?.counts.add ?? 0;
    counts.change += preview?.counts.change ?? 0;
    counts.destroy += preview?.counts.destroy ?? 0;
  }
  return {
    format: 1,
    run: state.id,
    gate,
    planDigest: state.planDigest,
    goal: state.plan.goal,
    environment: state.plan.environment,
    entries,
    prepared,
    counts,
    effect,
    blastRadius: {
      environment: state.plan.environment,
      touches: touches.slice(0, maximumTouches),
      omitted: Math.max(0, touches.length - maximumTouches),
    },
    undo: { automatic, steps: undo },
    parties: [{ role: "requester", id, name }, ...state.parties, ...more],
  };
}

export function greatest(effects: readonly Effect[]): Effect {
  return effectOrder.findLast((effect) => effects.includes(effect)) ?? "reads";
}
