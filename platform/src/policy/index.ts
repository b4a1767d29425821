/**
 * Policy: Cedar decides who may call what, whether a plan may start, and whether a change set is allowed, denied or needs
 * approval. Imports the sdk and domain; imported by api, triggers and the composition root, which hands it to the engine.
 */
export { actionOf, apiActions, type Action } from "./actions.ts";
export { createAuthorize, heldAt, holdsAt, type AccessDecision, type ResourceFacts } from "./authorize.ts";
export type { KnownNames } from "./check-names.ts";
export { checkText } from "./check-text.ts";
export { diffPolicies } from "./diff.ts";
export { PolicyChangedError, PolicyLimitError, PolicyVersionUnknownError } from "./errors.ts";
export { requirePolicy } from "./put.ts";
export { statementViews } from "./statement-views.ts";
export { createPolicy, type Assess, type OwnRules } from "./policy.ts";
export { factsOfPlace, factsOfRun } from "./places.ts";
export { createFindStanding, type FindStanding } from "./standing.ts";
export { scopesOfRole } from "./role-scopes.ts";
export { rolePolicies } from "./roles.ts";
export { createRules, createRulesCache, type Rules } from "./rules.ts";
export { tryCases } from "./try-cases.ts";
