/**
 * What authors of tools, agents and runbooks import, and what API clients share with the server: the contract.
 * Imports nothing of ours; `./core` holds the pure run engine, `./client` the API client, `./testing` the test kit.
 */
export * from "./agent.ts";
export * from "./change-set.ts";
export * from "./error-data.ts";
export * from "./errors.ts";
export * from "./event-descriptions.ts";
export * from "./events.ts";
export * from "./fork-errors.ts";
export * from "./json.ts";
export * from "./make-plan.ts";
export * from "./meter.ts";
export * from "./parameter-problems.ts";
export * from "./notepad.ts";
export * from "./plan.ts";
export * from "./plan-draft.ts";
export * from "./plan-builder.ts";
export * from "./plan-errors.ts";
export * from "./ref.ts";
export * from "./runbook.ts";
export * from "./asking.ts";
export * from "./thinking.ts";
export * from "./thought-facts.ts";
export * from "./artifact-ref.ts";
export * from "./tool.ts";
export * from "./tool-errors.ts";
export * from "./tool-version.ts";
export * from "./usage.ts";
/** The very zod that checks their schemas, so that an agent's package needs no other dependency and has no second version of it. */
export { z } from "zod";
