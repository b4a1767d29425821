/**
 * Goals in words, without a model: which runbook a sentence means, with which parameters, how sure that is and what must be asked.
 * Pure; whoever calls it brings the catalogue and the names that the caller's organization may know.
 */
export type { UnderstandDeps } from "./candidates.ts";
export { createEffectOf } from "./effect.ts";
export { createMatcher } from "./match.ts";
export type { KnownNames, PlannerRunbook, Wish } from "./types.ts";
export { withoutHardPatterns } from "./patterns.ts";
export { understand, type Understanding } from "./understand.ts";
export { withChecks, withChecksOf } from "./verify-plan.ts";
