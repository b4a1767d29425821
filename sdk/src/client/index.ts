/** The typed client of the HTTP API. Imports the contract only, and runs wherever `fetch` does. */
export * from "./client.ts";
export * from "./device-sign-in.ts";
export * from "./errors.ts";
// What a client alone needs of the kit for authors, so that it doesn't load all of that (CEL above all) for it.
export { GantryError, type ErrorOptions, type Fault } from "../errors.ts";
export { FinalStatus } from "../events.ts";
export { Plan } from "../plan.ts";
export type { FollowOptions, RunStreamItem, StreamItem } from "./event-stream.ts";
export { allItems } from "./pages.ts";
export type { CallOptions, ClientOptions } from "./transport.ts";
