import type { CgroupInfo } from "./cgroup.ts";

/** What the worker tells a shim on its first line of standard input. It holds secrets: it is never written down. */
export interface ShimOrder {
  id: string;
  /** The folder of this execution; exists, and belongs to it alone. */
  folder: string;
  /** The program to start, with what sandbox it is wrapped in. */
  file: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** base64 */
  stdin: string;
  /** File that takes standard output as it is, unredacted and never shown; null: it is captured. */
  stdoutFile: string | null;
  secrets: readonly string[];
  /** True when the program is bubblewrap, which tells on descriptor 3 what became of the tool. */
  sandboxed: boolean;
  /** File that is there once the attempt was settled on this host: nothing of it may begin any more. */
  settledFile: string;
  /** Where to make the control group of this execution. */
  cgroup: CgroupInfo | null;
  timeoutMs: number;
  gracePeriodMs: number;
  stopSignal: "SIGINT" | "SIGTERM";
  memoryBytes: number | null;
  processes: number | null;
  outputBytes: number;
  onWorkerLoss: OnWorkerLoss;
  /** Environment entry (`NAME=value`) by which every descendant can be recognised. */
  marker: string;
}

export type OnWorkerLoss = "continue" | "interrupt" | "kill";

/** Why a tool was stopped before it ended by itself. */
export type StopReason =
  | "canceled"
  | "timeout"
  | "worker_lost"
  | "output_limit"
  | "memory_limit"
  | "process_limit"
  | "output_not_writable";

/** `started.json`: written before the tool starts. */
export interface ShimStart {
  pid: number;
  /** Start time of the shim in clock ticks since boot: tells it from a later process with the same pid. */
  ticks: string;
  bootId: string;
  gracePeriodMs: number;
}

/** What stands in `started.json` instead when the execution was given up before its shim began. */
export const GIVEN_UP = JSON.stringify({ givenUp: true });

/** `result.json`: written durably after the tool, and all that it left running, has ended. */
export interface ShimResult {
  exitCode: number | null;
  signal: string | null;
  stopped: StopReason | null;
  /** Why the tool, or the sandbox around it, could not be started: nothing of the tool ran. */
  startFailure: string | null;
  stdout: StreamSummary;
  stderr: StreamSummary;
  durationMs: number;
  /** Processes that were still there when the tool itself had ended, and were killed. */
  survivorsKilled: number;
}

export interface StreamSummary {
  /** Size of the redacted file. */
  bytes: number;
  sha256: string;
  /** True when output was dropped: past the limit, or because the disk did not take it. */
  incomplete: boolean;
}

/** Lines that the worker may send after the order. */
export const CANCEL = "cancel";
/** Line that the shim sends when there is new output on disk. */
export const OUTPUT_GREW = "output";

export const STARTED_FILE = "started.json";
export const RESULT_FILE = "result.json";
