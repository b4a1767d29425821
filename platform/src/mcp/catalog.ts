import {
  defineAgent,
  defineTool,
  digestOf,
  factsOf,
  touchesWorld,
  type Agent,
  type Effect,
  type JsonObject,
} from "@gantry/sdk";
import { LRUCache } from "lru-cache";
import type { CatalogTool, MoreTools } from "../catalog/index.ts";
import {
  findMcpServer,
  usableMcpTools,
  type McpOauth,
  type McpServerRow,
  type McpToolRow,
} from "../store/agents/mcp.ts";
import type { Queryable } from "../store/queryable.ts";
import { callTool, McpResult } from "./call.ts";
import { shown, toolNameOf } from "./definition.ts";
import type { ClientDeps } from "./open-client.ts";
import { inputSchemaOf } from "./schema.ts";

/** What stands behind tools of servers, as an agent does behind its own. It has no runbooks, and doesn't think. */
const mcpAgent: Agent = defineAgent({
  name: "mcp",
  version: "1.0.0",
  title: "Servers of the Model Context Protocol",
  instructions: "Tools that an organization approved of servers that others run.",
  tools: [],
  runbooks: [],
  packageUrl: new URL(".", import.meta.url).href,
});

/** The tools that an organization approved, as tools like any agent's. */
export function createMcpTools(deps: ClientDeps): (db: Queryable, org: string) => Promise<MoreTools> {
  // What was built for a definition is the same the next time.
  const built = new LRUCache<string, CatalogTool>({ max: 2_000 });
  return async (db, org) => {
    const rows = await usableMcpTools(db, org);
    const tools = new Map<string, CatalogTool>();
    const servers = new Map<string, McpServerRow | null>();
    for (const row of rows) {
      if (!servers.has(row.server)) servers.set(row.server, await findMcpServer(db, org, row.server));
      const server = servers.get(row.server);
      if (!server) continue;
      const key = JSON.stringify([org, server.name, server.updatedAt, row.approvedDigest, row.effect]);
      const one = built.get(key) ?? build(deps, server, row);
      built.set(key, one);
      tools.set(one.tool.name, one);
    }
    return tools;
  };
}

function build(deps: ClientDeps, server: McpServerRow, row: McpToolRow): CatalogTool {
  const definition = row.approved as NonNullable<McpToolRow["approved"]>;
  const effect = row.effect as Effect;
  const digest = digestOf({ pin: row.approvedDigest, effect });
  const name = toolNameOf(server.name, row.name);
  const words = shown(definition.description ?? definition.title ?? row.name, 1_000)
    .replaceAll(/\s+/g, " ")
    .trim();
  const called = `${shown(row.name, 100)} of the MCP server ${server.name}`;
  const tool = defineTool({
    name,
    version: digest.slice(7, 19),
    title: words,
    effect,
    input: inputSchemaOf(definition.inputSchema),
    output: McpResult,
    secrets: [...Object.values(server.secrets), ...secretsOf(server.oauth)],
    connections: [`mcp.${server.name}`],
    ...(touchesWorld(effect) && {
      preview: async (input: JsonObject) => ({
        summary: `Calls ${called}.`,
        effect,
        counts: { add: 0, change: effect === "changes" ? 1 : 0, destroy: effect === "destroys" ? 1 : 0 },
        touches: [`mcp.${server.name}`],
        diff: JSON.stringify(input, null, 2),
        undo: { possible: false, how: "Nobody knows how: the server says nothing of it." },
      }),
    }),
    run: (input, ctx) => callTool(deps, { org: server.org, setup: server, tool: row, server: server.name }, input, ctx),
  });
  return { tool, agent: mcpAgent, facts: factsOf(tool, digest), outside: true };
}

/** A person's sign-in needed it once, and keeps what came of it. */
function secretsOf(oauth: McpOauth | null): string[] {
  return oauth?.by !== "program" || oauth.secret === null ? [] : [oauth.secret];
}
