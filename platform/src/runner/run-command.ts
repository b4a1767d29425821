import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ToolFailedError, type ArtifactRef, type ExecOptions, type ExecOutcome } from "@gantry/sdk";
import {
  ExecutionExistsError,
  ExecutionLostError,
  ToolStartError,
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
  /** Resolves when there is room for more. */
  log(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void>;
  lost: () => void;
  storeOutput(name: string, content: AsyncIterable<Uint8Array>, contentType: string): Promise<ArtifactRef>;
}

interface Command {
  /** `<attempt id>.<ordinal>`: found on disk when the attempt is resumed, by it and by the ids with `:<n>` behind it. */
  id: string;
  command: string;
  args: readonly string[];
  options: ExecOptions;
  /** Variables that say in whose name it runs. */
  identity: Readonly<Record<string, string>>;
  onWorkerLoss: OnWorkerLoss;
  now: () => number;
  deadline: number;
}

const graceMs = 10_000;
const outputBytes = 64 * 1024 * 1024;
/** How long a command is tried to be started while the machine has nothing left for it. */
const startPatienceMs = 60_000;

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

/**
 * One execution that ran, whoever began it: an earlier process of this worker, this one, or another worker on this host
 * that has the same attempt because it was stopped for longer than its lease. Whoever makes the folder first starts it,
 * the others wait for its end. What never began, or could not be started for want of processes or memory, had no effect:
 * it is begun anew under the next id.
 */
async function runOrAdopt(deps: CommandDeps, command: Command): Promise<ExecResult> {
  const { exec, signal } = deps;
  const onOutput = listen(deps);
  const giveUpAt = command.now() + startPatienceMs;
  for (let begun = 0, waitMs = 200; ;) {
    const id = begun === 0 ? command.id : `${command.id}:${begun}`;
    try {
      const found = await exec.adopt(id);
      if (found.state === "finished") return found.result;
      if (found.state === "running" || found.state === "lost") return await exec.wait(id, { signal, onOutput });
      if (found.state === "absent") return await start(deps, { ...command, id });
    } catch (error) {
      if (error instanceof ExecutionExistsError) continue;
      if (!(error instanceof ToolStartError && error.retryable) || command.now() > giveUpAt) throw error;
      await deps.log("stderr", Buffer.from(`${error.message} Trying again.\n`));
      await pause(waitMs, undefined, { signal });
      waitMs *= 2;
    }
    begun += 1;
  }
}

async function start(deps: CommandDeps, command: Command): Promise<ExecResult> {
  const { exec, workspace, redactor, signal } = deps;
  const { id, args, options, identity, onWorkerLoss, now, deadline } = command;
  const cwd = resolve(workspace.work, options.cwd ?? ".");
  await mkdir(cwd, { recursive: true });
  return exec.run(
    {
      id,
      command: command.command,
      args,
      workspace,
      cwd,
      env: { ...identity, ...options.env },
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
    { signal, redactor, onOutput: listen(deps) },
  );
}

function listen(deps: CommandDeps): OutputListener {
  return ({ stream, bytes }) => deps.log(stream, bytes);
}
