import { createReadStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { ToolFailedError, type ArtifactRef, type ExecOptions, type ExecOutcome } from "@gantry/sdk";
import {
  ExecutionLostError,
  type Exec,
  type ExecResult,
  type OnWorkerLoss,
  type OutputListener,
  type Workspace,
} from "../exec/index.ts";
import type { Redactor } from "../lib/redact.ts";

interface CommandDeps {
  exec: Exec;
  workspace: Workspace;
  redactor: Redactor;
  signal: AbortSignal;
  log(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  lost: () => void;
  storeOutput(name: string, content: AsyncIterable<Uint8Array>, contentType: string): Promise<ArtifactRef>;
}

interface Command {
  /** `<attempt id>.<ordinal>`: found on disk when the attempt is resumed. */
  id: string;
  command: string;
  args: readonly string[];
  options: ExecOptions;
  onWorkerLoss: OnWorkerLoss;
  now: () => number;
  deadline: number;
}

const graceMs = 10_000;
const outputBytes = 64 * 1024 * 1024;

/**
 * Runs a command of an attempt, or finds what it came to when it was begun before a restart.
 * @throws ToolFailedError, and the errors of exec.
 */
export async function runCommand(deps: CommandDeps, command: Command): Promise<ExecOutcome> {
  const { options } = command;
  const result = await runOrAdopt(deps, command).catch((error: unknown) => {
    if (error instanceof ExecutionLostError) deps.lost();
    throw error;
  });
  const full = [result.stdout, result.stderr].find((output) => output.truncated);
  const outcome: ExecOutcome = {
    exitCode: result.exitCode ?? 128,
    stdout: result.stdout.text,
    stderr: result.stderr.text,
    durationMs: result.durationMs,
    ...(full === undefined
      ? {}
      : { full: await deps.storeOutput(`${command.command}.log`, createReadStream(full.path), "text/plain") }),
  };
  const ok = (options.okExitCodes ?? [0]).includes(outcome.exitCode) && result.stopped === null;
  if (!ok) throw new ToolFailedError(command.command, command.args, outcome, result.stopped ?? undefined);
  return outcome;
}

async function runOrAdopt(
  deps: CommandDeps,
  { id, command, args, options, onWorkerLoss, now, deadline }: Command,
): Promise<ExecResult> {
  const { exec, workspace, redactor, signal } = deps;
  const onOutput: OutputListener = ({ stream, bytes }) => deps.log(stream, bytes);
  const found = await exec.adopt(id);
  if (found.state === "finished") return found.result;
  if (found.state !== "absent") return exec.wait(id, { signal, onOutput });
  // Where a folder is left, its shim was told that it may not begin any more.
  await rm(exec.folderOf(id), { recursive: true, force: true });
  const cwd = resolve(workspace.work, options.cwd ?? ".");
  await mkdir(cwd, { recursive: true });
  return exec.run(
    {
      id,
      command,
      args,
      workspace,
      cwd,
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      ...(options.stdoutFile === undefined ? {} : { stdoutFile: resolve(workspace.work, options.stdoutFile) }),
      ...(options.readable === undefined ? {} : { readable: options.readable }),
      ...(options.writable === undefined ? {} : { writable: options.writable }),
      timeoutMs: Math.max(1, Math.min(options.timeoutMs ?? Number.POSITIVE_INFINITY, deadline - now())),
      gracePeriodMs: options.graceMs ?? graceMs,
      limits: {
        outputBytes: options.outputBytes ?? outputBytes,
        ...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
        ...(options.processes === undefined ? {} : { processes: options.processes }),
      },
      network: options.network ?? "host",
      onWorkerLoss,
    },
    { signal, redactor, onOutput },
  );
}
