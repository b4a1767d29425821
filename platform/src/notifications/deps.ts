import type { Pool } from "pg";
import type { Log } from "../lib/log.ts";
import type { AddressGuard } from "../outgoing/index.ts";
import type { OrganizationKeys } from "../secrets/index.ts";
import type { RetryPolicy } from "./back-off.ts";

export interface NotificationDeps {
  /** Of role gantry_engine, and of this purpose alone: what waits here holds up nobody else. */
  pool: Pool;
  keys: OrganizationKeys;
  guard: AddressGuard;
  /** Of Slack's Web API. */
  slackUrl: string;
  newId(): string;
  random(): number;
  /** Unix milliseconds. */
  now(): number;
  log: Log;
  /** Calls `listener` when events may have been written; returns how to stop that. A poll makes up for what it misses. */
  onEvents(listener: () => void): () => void;
  retry: RetryPolicy;
  /** Milliseconds. */
  pollMs: number;
  /** For one message, from the look-up of the name to the end of the answer. */
  timeoutMs: number;
  leaseMs: number;
  digestMs: number;
}
