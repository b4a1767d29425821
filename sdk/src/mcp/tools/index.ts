import type { McpServer } from "@modelcontextprotocol/server";
import type { McpDeps } from "../deps.ts";
import { approvalTools } from "./approvals.ts";
import { goalTools } from "./goals.ts";
import { runbookTools } from "./runbooks.ts";
import { runLogTools } from "./run-logs.ts";
import { runTools } from "./runs.ts";
import { waitTool } from "./wait.ts";

export function registerTools(server: McpServer, deps: McpDeps): void {
  goalTools(server, deps);
  runbookTools(server, deps);
  runTools(server, deps);
  runLogTools(server, deps);
  waitTool(server, deps);
  approvalTools(server, deps);
}
