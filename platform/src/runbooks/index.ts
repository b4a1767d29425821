/**
 * What an organization can run: the installation's runbooks and those that it published itself. Plans are made here, for the
 * API and for workers. Imports sdk, catalog, store and lib.
 */
export { checkFiles, openFiles } from "./check-files.ts";
export { currentRunbooks, ifUsable, publishedBy } from "./current-runbooks.ts";
export * from "./errors.ts";
export {
  createFindRunbook,
  makePlanOf,
  type FindMcpTools,
  type FindRunbook,
  type FoundRunbook,
} from "./find-runbook.ts";
export { publishRunbook } from "./publish.ts";
