/**
 * Triggers: schedules, webhooks, git refs and ends of runs that start runs, and freeze windows. Imported by the API and the
 * composition root; imports the store, secrets, exec and lib, never the engine.
 */
export { checkExpressions, evaluate } from "./expression.ts";
export { TriggerInvalidError } from "./errors.ts";
export { commit, prepare, type FireDeps } from "./fire.ts";
export { windowsOf } from "./freeze-windows.ts";
export { checkGitSource } from "./git-repository.ts";
export { createLsRemote, type LsRemote } from "./ls-remote.ts";
export { handleDue, startTriggerLoop } from "./loop.ts";
export { createRefusalCounter, type RefusalCounter } from "./webhook/refusals.ts";
export { carriesSignature, verifyDelivery } from "./webhook/signatures.ts";
export { firstTime } from "./schedule.ts";
