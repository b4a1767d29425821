/**
 * Calls tools for the engine: resolves secrets, checks inputs and outputs against the tool's schemas, gives the tool its
 * context (exec, files, artifacts, secrets) and reports what came of it, redacted. Imported by the composition root.
 */
export { ConnectionNotFoundError } from "./errors.ts";
export { createRunner } from "./runner.ts";
export type { Question } from "./own-tools.ts";
