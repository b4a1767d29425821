/** What the API refuses: who asks may not (access), how it was asked (requests), what runs and decisions on them don't allow, and all other things. */
export * from "./errors/access.ts";
export * from "./errors/requests.ts";
export * from "./errors/runs.ts";
export * from "./errors/things.ts";
