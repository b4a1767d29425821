import type { ProcessRef } from "./processes.ts";

/**
 * What the host process of a service and its callers say to each other over the control socket, and what the host keeps
 * in state.json. Plain types: the host loads no schema library, it must start fast and stay small.
 */

/** Where the service listens; fixed for as long as the host process runs. */
export interface HostConfig {
  format: 1;
  service: string;
  environment: string;
  address: string;
  port: number;
}

export interface Health {
  path: string;
  expectStatus: number;
  /** From the first probe to the last success. */
  timeoutMs: number;
  /** Successes in a row. */
  consecutive: number;
  intervalMs: number;
}

/** A version as it is handed to the host. Its files lie in `releases/<id>` already. */
export interface VersionSpec {
  id: string;
  commit: string;
  start: string[];
  /** The service's own variables, secrets among them: state.json is readable to nobody else. */
  env: Record<string, string>;
  health: Health;
  /** Answers with the commit that runs. */
  versionPath: string | null;
}

export interface VersionRecord extends VersionSpec {
  wanted: "running" | "stopped";
  /** Loopback port of its latest process. */
  port: number | null;
  process: ProcessRef | null;
  /** Unix milliseconds. */
  startedAt: number;
  /** When it last got the traffic. */
  servedAt: number | null;
  /** What had the traffic before it: where an undo goes back to. */
  switchedFrom: string | null;
  /** The release that it made way for. */
  retiredFor: string | null;
}

export interface HostState {
  format: 1;
  active: string | null;
  /** What had the traffic when the service was stopped. */
  stoppedFrom: string | null;
  versions: Record<string, VersionRecord>;
  /** Highest fence seen per run: a worker that lost the run can't change anything any more. */
  fences: Record<string, number>;
}

export type VersionStatus = "running" | "restarting" | "stopping" | "stopped";

export interface VersionView extends Omit<VersionRecord, "env" | "process"> {
  status: VersionStatus;
  pid: number | null;
  /** Times that it ended by itself since it was started. */
  crashes: number;
  lastExit: string | null;
  /** Requests and upgraded connections that it is answering. */
  inFlight: number;
}

export interface HostView extends HostConfig {
  pid: number;
  listening: boolean;
  /** Why the public port could not be opened. */
  listenError: string | null;
  active: string | null;
  stoppedFrom: string | null;
  versions: VersionView[];
  /** Since the host process started. `failed`: answered 502 or 503 by the host itself. */
  requests: { total: number; failed: number };
}

/** Who wants a change: goes with every request that changes something. */
export interface By {
  run: string;
  fence: number;
}

export interface SwitchOrder {
  by: By;
  /** What must have the traffic now; anything else is refused, so that nobody switches on old knowledge. */
  from: string | null;
  to: string | null;
}

export interface StopOrder {
  by: By;
  drainMs: number;
  graceMs: number;
  retiredFor: string | null;
}

export type Refusal =
  | "not_found"
  | "version_active"
  | "switch_conflict"
  | "version_not_running"
  | "stale_fence"
  | "release_missing";

export interface RefusalBody {
  error: Refusal;
  message: string;
}
