/**
 * What this installation can do: agents, their tools and runbooks, loaded once at boot. Imports the sdk and lib only; imported by runner, api and the composition root.
 */
export { createCatalog, type Catalog, type CatalogRunbook, type CatalogTool } from "./catalog.ts";
export * from "./errors.ts";
export { loadAgents } from "./load-agents.ts";
export { readRunbookFolder } from "./read-runbook-folder.ts";
export { withTools, type MoreTools } from "./with-tools.ts";
