import type { Catalog } from "../catalog/index.ts";
import type { Config } from "../config.ts";
import type { Log } from "../lib/log.ts";
import type { ClientDeps, McpSignIns } from "../mcp/index.ts";
import type { Assess } from "../policy/index.ts";
import type { FindMcpTools } from "../runbooks/index.ts";
import type { Keyring, OrganizationKeys } from "../secrets/index.ts";
import type { Database } from "./database.ts";

/** What every part of the process is built from. */
export interface Parts {
  config: Config;
  log: Log;
  version: string;
  keyring: Keyring;
  keys: OrganizationKeys;
  database: Database;
  catalog: Catalog;
  assess: Assess;
  /** Connecting to servers of the Model Context Protocol, and what organizations approved of them. */
  mcp: ClientDeps;
  mcpSignIns: McpSignIns;
  mcpTools: FindMcpTools;
  newId(): string;
}
