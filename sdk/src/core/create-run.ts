import type { Actor } from "../events.ts";
import type { Digest } from "../json.ts";
import type { Fact, Plan } from "../plan.ts";
import { graphOf } from "./graph.ts";
import type { RunState, StepState } from "./state.ts";
import { createStep, setReady, settle, stepOf } from "./step-changes.ts";
import { createTimers } from "./timers.ts";

export interface RunSeed {
  id: string;
  plan: Plan;
  planDigest: Digest;
  requester: Actor;
}

/** State before the first event. @throws the errors of `graphOf` for a plan that makes no sense. */
export function createRun(seed: RunSeed): RunState {
  const graph = graphOf(seed.plan);
  const state: RunState = {
    ...seed,
    seq: 0,
    phase: "queued",
    parties: [],
    dryRun: false,
    deadlineAt: null,
    graph,
    steps: new Map(),
    ready: new Set(),
    early: new Set(),
    todo: new Set(),
    timers: createTimers(),
    limited: new Set(),
    waiting: new Set(),
    open: new Map(),
    unsettled: seed.plan.steps.length,
    gates: new Map(),
    recheck: new Set(),
    signals: new Map(),
    paused: null,
    halted: null,
    frozen: null,
    freezeOverride: null,
    cancel: null,
    failure: null,
    undo: null,
    status: null,
    finalError: null,
    formerStatus: null,
  };
  for (const step of seed.plan.steps) {
    const blockedBy = graph.dependencies.get(step.id)?.size ?? 0;
    const one = createStep(step.id, step, blockedBy);
    state.steps.set(step.id, one);
    if (blockedBy === 0) setReady(state, one, true);
  }
  for (const id of graph.order) {
    const fact = graph.facts.get(id);
    if (fact) adopt(state, stepOf(state, id), fact);
  }
  return state;
}

/** Settled before the run begins. */
function adopt(state: RunState, step: StepState, { status, output }: Fact): void {
  Object.assign(step, { status, output });
  settle(state, step);
}
