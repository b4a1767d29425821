/**
 * Test kit for authors: runs a tool for real, with real children and real files, without the platform.
 * Imports the rest of the SDK; only tests import it.
 */
export * from "./create-test-context.ts";
export * from "./factories.ts";
export * from "./run-tool.ts";
export * from "./state-server.ts";
export * from "./simulate-plan.ts";
export * from "./test-runbook.ts";
