/**
 * Tools of servers of the Model Context Protocol: connecting to them, pinning what a person approved, and calling it. Imported by api, runner
 * and the composition root; imports catalog, store, outgoing and exec.
 */
export { createMcpTools } from "./catalog.ts";
export { changesOf, isMcpTool, shown, shownValue, toolNameOf, warningsOf } from "./definition.ts";
export * from "./errors.ts";
export { createLookAtMcp, type LookAtMcp } from "./look.ts";
export type { ClientDeps } from "./open-client.ts";
export { aboutGantry } from "./sign-in/authorization-server.ts";
export { callbackPath, createMcpSignIns, documentPath, type McpSignIns } from "./sign-in/sign-ins.ts";
export { createTokensOf } from "./sign-in/tokens.ts";
