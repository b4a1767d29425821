import type { ChangeSet, Json, Plan, RunEvent } from "@gantry/sdk";
import type { PlanComparison, RunComparison, RunSummary, StepComparison, StepMeasure } from "@gantry/sdk/api";
import { inputOf, type RunState, type StepState } from "@gantry/sdk/core";
import { differencesOf, type Room } from "./differences.ts";
import { maskText } from "./mask.ts";

/** A run as it is stored: its row, the fold of its events, and those. */
export interface ComparedRun {
  summary: RunSummary;
  state: RunState;
  events: readonly RunEvent[];
}

const differencesShown = 500;

/** What differs between two runs of one organization. Pure; `now` ends what is still going on, in Unix milliseconds. */
export function compareRuns(a: ComparedRun, b: ComparedRun, now: number): RunComparison {
  const room: Room = { left: differencesShown, omitted: 0 };
  const parameters = differencesOf(a.state.plan.parameters, b.state.plan.parameters, room);
  const plan = comparePlans(a.state.plan, b.state.plan, room);
  const tools = compareTools(a.state.plan, b.state.plan);
  const steps = compareSteps(a, b, room);
  const changeSet = compareChangeSets(a.state, b.state, room);
  const differing = [parameters, tools, changeSet.differences, steps.filter(differs)];
  return {
    a: a.summary,
    b: b.summary,
    same:
      plan.same &&
      a.summary.status === b.summary.status &&
      room.omitted === 0 &&
      differing.every((list) => list.length === 0),
    parameters,
    plan,
    tools,
    timing: { a: timesOf(a, now), b: timesOf(b, now) },
    steps,
    changeSet,
    omitted: room.omitted,
  };
}

/** What differs between two plans, but for parameters and tools. */
export function comparePlans(a: Plan, b: Plan, room: Room = { left: differencesShown, omitted: 0 }): PlanComparison {
  const [inA, inB] = [byId(a), byId(b)];
  const added = [...inB.keys()].filter((id) => !inA.has(id));
  const removed = [...inA.keys()].filter((id) => !inB.has(id));
  const steps = [...inA].flatMap(([id, step]) => {
    const other = inB.get(id);
    return other === undefined ? [] : differencesOf(step, other, room, id);
  });
  const frame = differencesOf(frameOf(a), frameOf(b), room);
  return { same: [added, removed, steps, frame].every((list) => list.length === 0), added, removed, steps, frame };
}

function byId({ steps }: Plan): Map<string, Json> {
  return new Map(steps.map((step) => [step.id, step as unknown as Json]));
}

function frameOf({ steps: _, tools: __, parameters: ___, facts, ...frame }: Plan): Json {
  const taken: Record<string, string> = {};
  for (const [step, { from }] of Object.entries(facts ?? {})) taken[step] = `${from.step} of run ${from.run}`;
  return { ...frame, facts: taken } as Json;
}

function compareTools(a: Plan, b: Plan): RunComparison["tools"] {
  const names = [...new Set([...a.tools, ...b.tools].map(({ name }) => name))].toSorted();
  return names.flatMap((tool) => {
    const [inA, inB] = [a, b].map(({ tools }) => tools.find(({ name }) => name === tool));
    if (inA !== undefined && inA.version === inB?.version && inA.digest === inB.digest) return [];
    const sameVersion = inA?.version === inB?.version;
    // A package built anew under its old version number.
    const name = (facts: typeof inA): string | null =>
      facts === undefined ? null : sameVersion ? `${facts.version} (${facts.digest})` : facts.version;
    return [{ tool, a: name(inA), b: name(inB) }];
  });
}

function compareSteps(a: ComparedRun, b: ComparedRun, room: Room): StepComparison[] {
  const [measuresA, measuresB] = [measuresOf(a), measuresOf(b)];
  const ids = [...new Set([...a.state.plan.steps, ...b.state.plan.steps].map(({ id }) => id))];
  return ids.map((step): StepComparison => {
    const [inA, inB] = [a.state.steps.get(step), b.state.steps.get(step)];
    const inputs = [a, b].map(({ state }, index) => resolvedInput(state, index === 0 ? inA : inB));
    return {
      step,
      a: measuresA.get(step) ?? null,
      b: measuresB.get(step) ?? null,
      input: inA && inB ? differencesOf(inputs[0], inputs[1], room) : [],
      output: inA && inB ? differencesOf(inA.output, inB.output, room) : [],
    };
  });
}

/** Of a step whose dependencies are known; undefined before. A loop's differs by item, its template is the plan's. */
export function resolvedInput(state: RunState, step: StepState | undefined): Json | undefined {
  if (step === undefined || (step.status === "pending" && step.blockedBy > 0)) return undefined;
  if (step.step.each !== undefined && step.item === undefined) return undefined;
  return inputOf(state, step);
}

function differs({ a, b, input, output }: StepComparison): boolean {
  if (a === null || b === null || input.length > 0 || output.length > 0) return true;
  return a.status !== b.status || a.runs !== b.runs || a.failures !== b.failures || a.error !== b.error;
}

/** By step; a loop's items count for the loop. */
function measuresOf({ state, events }: ComparedRun): Map<string, StepMeasure> {
  const measures = new Map<string, StepMeasure>();
  for (const { id } of state.plan.steps) {
    const step = state.steps.get(id);
    const error = step?.error ? maskText(step.error.message) : null;
    const status = step?.status ?? "pending";
    measures.set(id, { status, runs: 0, attempts: 0, failures: 0, ms: 0, error });
  }
  const started = new Map<string, { at: number; measure: StepMeasure }>();
  for (const event of events) {
    if (event.type === "attempt.started") {
      const measure = measures.get(state.steps.get(event.data.step)?.step.id ?? "");
      if (measure === undefined) continue;
      measure.attempts += 1;
      if (event.data.operation === "run") measure.runs += 1;
      started.set(event.data.attemptId, { at: event.at, measure });
    } else if (
      event.type === "attempt.succeeded" ||
      event.type === "attempt.failed" ||
      event.type === "attempt.unknown"
    ) {
      const begun = started.get(event.data.attemptId);
      if (begun === undefined) continue;
      begun.measure.ms += Math.max(0, event.at - begun.at);
      if (event.type !== "attempt.succeeded") begun.measure.failures += 1;
    }
  }
  return measures;
}

function timesOf({ summary, state, events }: ComparedRun, now: number): RunComparison["timing"]["a"] {
  const created = Date.parse(summary.createdAt);
  const began = events.find(({ type }) => type === "run.started")?.at;
  const ended = summary.finishedAt === null ? now : Date.parse(summary.finishedAt);
  const work = [...measuresOf({ summary, state, events }).values()].reduce((sum, { ms }) => sum + ms, 0);
  return {
    queuedMs: Math.max(0, (began ?? ended) - created),
    workedMs: work,
    totalMs: Math.max(0, ended - created),
  };
}

function compareChangeSets(a: RunState, b: RunState, room: Room): RunComparison["changeSet"] {
  const [inA, inB] = [a, b].map((state) =>
    [...state.gates.values()].findLast(({ changeSet }) => changeSet.gate === "run"),
  );
  return {
    a: inA?.hash ?? null,
    b: inB?.hash ?? null,
    differences: differencesOf(changeSetFacts(inA), changeSetFacts(inB), room),
  };
}

/** What people compare of a change set; the run's id and digests that follow from the rest differ always. */
function changeSetFacts(gate: { changeSet: ChangeSet } | undefined): Json | undefined {
  if (gate === undefined) return undefined;
  const { environment, counts, effect, risk, blastRadius, undo, decision, entries } = gate.changeSet;
  return {
    environment,
    counts,
    effect,
    risk: risk.level,
    touches: blastRadius.touches,
    undo: Object.fromEntries(undo.steps.map(({ step, possible }) => [step, possible])),
    policy: { result: decision.result, policies: decision.policies, approvals: decision.approvals },
    steps: Object.fromEntries(
      entries.map(({ step, tool, fingerprint, effect: assessed, deferred, preview }) => [
        step,
        {
          tool,
          fingerprint,
          effect: assessed,
          deferred,
          summary: preview?.summary ?? null,
          counts: preview?.counts ?? null,
        },
      ]),
    ),
  };
}
