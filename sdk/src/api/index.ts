/**
 * The contract of the HTTP API: schemas of requests and answers, and every endpoint as data. The server, the client and
 * OpenAPI are made of it.
 */
import { approvals } from "./approvals.ts";
import { apiKeys } from "./api-keys.ts";
import { agents, runbooks } from "./catalog.ts";
import { database } from "./database.ts";
import { feed } from "./feed.ts";
import { killSwitch } from "./kill-switch.ts";
import { actors, environments, me } from "./organization.ts";
import { plans } from "./plans.ts";
import { runCommands } from "./run-commands.ts";
import { runs } from "./runs.ts";
import { secrets } from "./secrets.ts";
import { states } from "./terraform-states.ts";
import { workers } from "./workers.ts";

export * from "./approvals.ts";
export * from "./api-keys.ts";
export * from "./catalog.ts";
export * from "./common.ts";
export * from "./database.ts";
export * from "./endpoint.ts";
export * from "./event-record.ts";
export * from "./feed.ts";
export * from "./kill-switch.ts";
export * from "./organization.ts";
export * from "./plans.ts";
export * from "./run-commands.ts";
export * from "./runs.ts";
export * from "./secrets.ts";
export * from "./terraform-states.ts";
export * from "./workers.ts";

export const apiPrefix = "/api/v1";

/** All endpoints, by resource. */
export const api = {
  runs: { ...runs, ...runCommands },
  plans,
  approvals,
  runbooks,
  agents,
  workers,
  database,
  killSwitch,
  apiKeys,
  me,
  actors,
  environments,
  feed,
  secrets,
  states,
} as const;
