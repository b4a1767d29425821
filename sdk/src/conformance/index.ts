/**
 * Conformance suite for tools and agents, which any package can run: named checks that throw what is wrong. Needs no test
 * runner: `for (const check of toolChecks(…)) test(check.name, check.run)` works with each. Imports the rest of the SDK;
 * only tests import it.
 */
export * from "./agent-checks.ts";
export { ConformanceError, type Check } from "./check.ts";
export * from "./tool-checks.ts";
export type { ToolExample, World } from "./world.ts";
