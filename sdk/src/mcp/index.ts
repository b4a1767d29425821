/**
 * Gantry as a server of the Model Context Protocol, for whatever carries it: `/mcp` of the API and `gantry mcp serve`. It is made of the
 * API's client and can do nothing that its credential can't. Imports the client and the contract.
 */
export { createGantryMcp, type GantryMcpOptions } from "./gantry-mcp.ts";
export { createMcpHttp, type McpHttp } from "./http.ts";
export { listenToRuns } from "./subscriptions.ts";
export { serveMcpStdio } from "./stdio.ts";
