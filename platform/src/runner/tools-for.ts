import type { CatalogTool, MoreTools } from "../catalog/index.ts";
import type { AttemptRequest } from "../engine/ports.ts";
import { isMcpTool, McpToolChangedError } from "../mcp/index.ts";

interface ToolsDeps {
  tools: ReadonlyMap<string, CatalogTool>;
  mcpTools(org: string): Promise<MoreTools>;
}

/**
 * What an attempt can call: what is installed, and for one that needs it what its organization approved of servers' tools. Others
 * don't pay for asking.
 * @throws McpToolChangedError when the tool isn't the one that was planned with.
 */
export async function toolsFor(
  { tools, mcpTools }: ToolsDeps,
  { org, tool, digest }: Pick<AttemptRequest, "org" | "tool" | "digest">,
): Promise<ReadonlyMap<string, CatalogTool>> {
  const mind = tools.get(tool)?.agent.spec.mind;
  const thinksOfThem = mind?.task === "plan" || mind?.tools.some(isMcpTool) === true;
  if (!isMcpTool(tool) && !thinksOfThem) return tools;
  const approved = await mcpTools(org);
  if (isMcpTool(tool) && approved.get(tool)?.facts.digest !== digest) {
    const [, server = "", name = ""] = /^mcp\.([^.]*)\.(.*)$/.exec(tool) ?? [];
    const what = approved.has(tool) ? "it was approved anew since this was planned" : "it isn't approved as it is now";
    throw new McpToolChangedError(server, name, what);
  }
  return new Map([...tools, ...approved]);
}
