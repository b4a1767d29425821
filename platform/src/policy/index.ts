/**
 * Policy: Cedar decides whether a plan may start and whether a change set is allowed, denied or needs approval. Imports
 * the sdk and domain; imported by api and the composition root, which hands it to the engine.
 */
export { createPolicy, type Assess } from "./policy.ts";
