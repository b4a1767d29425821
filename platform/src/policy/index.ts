/**
 * Policy: Cedar decides who may call what, whether a plan may start, and whether a change set is allowed, denied or needs
 * approval. Imports the sdk and domain; imported by api, triggers and the composition root, which hands it to the engine.
 */
export { actionOf, apiActions, type Action } from "./actions.ts";
export { createAuthorize, holdsAt, type AccessDecision, type ResourceFacts } from "./authorize.ts";
export { createPolicy, type Assess } from "./policy.ts";
export { scopesOfRole } from "./role-scopes.ts";
export { createRulesCache, type Rules } from "./rules.ts";
