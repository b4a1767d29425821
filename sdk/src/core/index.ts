/**
 * The pure run engine: a plan is data, `evolve` folds events into state, `decide` says which events follow from an
 * input. No clock, no randomness, no I/O: whoever calls supplies them. The platform hosts it durably, the test kit in memory.
 */
export { checkApproval, isAParty, type Decider } from "./approving.ts";
export { callerOfAttempt } from "./caller.ts";
export * from "./condition.ts";
export { decide } from "./decide.ts";
export { assertStands, forkPlan, type Fork, type ForkRequest } from "./fork.ts";
export { createRun, type RunSeed } from "./create-run.ts";
export { evolve } from "./evolve.ts";
export { isApproved, leftOf } from "./gate.ts";
export { graphOf, type Graph } from "./graph.ts";
export { taintOf } from "./plan-policy.ts";
export { mayChange } from "./harmless.ts";
export * from "./input.ts";
export { isReference, resolveTemplate, referencedSteps } from "./references.ts";
export { inputOf } from "./scope.ts";
export { restoreSnapshot, snapshotOf, snapshotVersion } from "./snapshot.ts";
export * from "./state.ts";
export * from "./status.ts";
