import type { Catalog, CatalogTool } from "./catalog.ts";

/** Tools besides those that are installed: an organization's own. */
export type MoreTools = ReadonlyMap<string, CatalogTool>;

export function withTools(catalog: Catalog, tools: MoreTools): Catalog {
  return tools.size === 0 ? catalog : { ...catalog, tools: new Map([...catalog.tools, ...tools]) };
}
