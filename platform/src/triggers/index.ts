/**
 * Triggers: schedules, webhooks, git refs and ends of runs that start runs, and freeze windows. Imported by the API and the
 * composition root; imports the store, secrets, exec and lib, never the engine.
 */
export { checkExpressions, evaluate } from "./expression.ts";
export { TriggerInvalidError } from "./errors.ts";
export { commit, prepare, type FireDeps, type Occurrence } from "./fire.ts";
export { handleDue, startTriggerLoop, type DueDeps } from "./loop.ts";
export { planForTrigger } from "./plan-request.ts";
export { firstTime } from "./schedule.ts";
