import { join } from "node:path";
import { ToolStartError } from "./errors.ts";
import { readCapturedOutput } from "./output.ts";
import type { CapturedOutput } from "./output.ts";
import type { ShimResult, StopReason } from "./shim-protocol.ts";

export interface ExecResult {
  exitCode: number | null;
  /** In a sandbox a tool killed by a signal has exit code 128 + signal instead. */
  signal: string | null;
  /** Why it was stopped, if it did not end by itself. */
  stopped: StopReason | null;
  stdout: CapturedOutput;
  stderr: CapturedOutput;
  durationMs: number;
  /** Processes that were still there when the tool had ended, and were killed. */
  survivorsKilled: number;
}

/** Turns what the shim left into what callers get. @throws {ToolStartError} when the tool was never started. */
export async function toExecResult(result: ShimResult, folder: string, command: string): Promise<ExecResult> {
  const { exitCode, signal, stopped, durationMs, survivorsKilled, startFailure } = result;
  if (startFailure !== null) throw new ToolStartError(command, startFailure);
  const [stdout, stderr] = await Promise.all([
    readCapturedOutput(join(folder, "stdout"), result.stdout),
    readCapturedOutput(join(folder, "stderr"), result.stderr),
  ]);
  return { exitCode, signal, stopped, stdout, stderr, durationMs, survivorsKilled };
}
