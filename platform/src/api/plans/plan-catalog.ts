import { withTools, type Catalog } from "../../catalog/index.ts";
import type { Queryable } from "../../store/queryable.ts";
import type { ApiDeps } from "../deps.ts";

/** What is installed, with what the organization approved of servers' tools. */
export async function catalogOf(
  deps: Pick<ApiDeps, "catalog" | "mcpTools">,
  db: Queryable,
  org: string,
): Promise<Catalog> {
  return withTools(deps.catalog, await deps.mcpTools(db, org));
}
