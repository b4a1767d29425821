/** The typed client of the HTTP API. Imports the contract only, and runs wherever `fetch` does. */
export * from "./client.ts";
export * from "./errors.ts";
export type { FollowOptions, StreamItem } from "./event-stream.ts";
export { allItems } from "./pages.ts";
export type { CallOptions, ClientOptions } from "./transport.ts";
