import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { performance } from "node:perf_hooks";
import { pipeline } from "node:stream/promises";
import { text } from "node:stream/consumers";
import type { ExecOptions, ExecOutcome, LaunchOptions } from "../tool.ts";
import { ToolFailedError, ToolNotFoundError, type Stopped } from "../tool-errors.ts";
import { inside } from "./saved-files.ts";

interface Surroundings {
  workdir: string;
  environment: Readonly<Record<string, string>>;
  signal: AbortSignal;
  redact: (text: string) => string;
  /** Holds the process group of the command while it runs. */
  running: Set<number>;
}

const defaultTimeoutMs = 10 * 60_000;
const defaultGraceMs = 10_000;

/**
 * Runs a command to its end. On timeout or cancelling its process group gets SIGTERM, and SIGKILL after the grace period.
 * @throws {ToolFailedError} on an exit code that isn't ok; {ToolNotFoundError} when there is no such command.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: ExecOptions & Surroundings,
): Promise<ExecOutcome> {
  const { workdir, environment, signal, redact, running, stdoutFile, okExitCodes = [0] } = options;
  signal.throwIfAborted();
  const started = performance.now();
  const child = spawn(command, args, {
    cwd: inside(workdir, options.cwd ?? "."),
    env: { ...environment, ...options.env },
    detached: true,
  });
  const ended = endOf(child, command, environment["PATH"] ?? "");
  ended.catch(() => undefined);
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");

  const group = child.pid;
  if (group !== undefined) running.add(group);
  const stop = stopper(group, options.graceMs ?? defaultGraceMs);
  const timer = setTimeout(() => stop.now("timeout"), options.timeoutMs ?? defaultTimeoutMs);
  const cancel = (): void => stop.now("canceled");
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const stdout =
      stdoutFile === undefined
        ? text(child.stdout)
        : pipeline(child.stdout, createWriteStream(inside(workdir, stdoutFile), { mode: 0o600, flags: "wx" })).then(
            () => "",
          );
    const [out, err, exitCode] = await Promise.all([stdout, text(child.stderr), ended]);
    const durationMs = Math.round(performance.now() - started);
    const outcome: ExecOutcome = { exitCode, stdout: redact(out), stderr: redact(err), durationMs };
    if (stop.reason !== undefined || !okExitCodes.includes(exitCode))
      throw new ToolFailedError(command, args, outcome, stop.reason);
    return outcome;
  } finally {
    clearTimeout(timer);
    if (group !== undefined) running.delete(group);
    stop.done();
    signal.removeEventListener("abort", cancel);
  }
}

/** Starts a process that outlives the caller. */
export async function launchCommand(
  command: string,
  args: readonly string[],
  options: LaunchOptions & { environment: Readonly<Record<string, string>> },
): Promise<{ pid: number }> {
  await mkdir(dirname(options.logFile), { recursive: true });
  const log = await open(options.logFile, "a");
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...options.environment, ...options.env },
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    await new Promise<void>((done, fail) => {
      child.once("spawn", () => done());
      child.once("error", (error) => fail(startError(error, command, options.environment["PATH"] ?? "")));
    });
    child.unref();
    return { pid: child.pid ?? 0 };
  } finally {
    await log.close();
  }
}

/** Exit code, 128 + signal number for a killed one as shells count it. */
function endOf(child: ChildProcess, command: string, path: string): Promise<number> {
  return new Promise((done, fail) => {
    child.once("error", (error) => fail(startError(error, command, path)));
    child.once("close", (code, name) => done(code ?? 128 + (name === "SIGKILL" ? 9 : name === "SIGINT" ? 2 : 15)));
  });
}

function startError(error: Error, command: string, path: string): Error {
  return (error as NodeJS.ErrnoException).code === "ENOENT" ? new ToolNotFoundError(command, path) : error;
}

function stopper(group: number | undefined, graceMs: number) {
  let killTimer: NodeJS.Timeout | undefined;
  const state = {
    reason: undefined as Stopped | undefined,
    now(reason: Stopped): void {
      if (state.reason !== undefined) return;
      state.reason = reason;
      killGroup(group, "SIGTERM");
      killTimer = setTimeout(() => killGroup(group, "SIGKILL"), graceMs);
    },
    done: () => clearTimeout(killTimer),
  };
  return state;
}

/** Sends a signal to a command and all that it started; nothing when they are gone. */
export function killGroup(group: number | undefined, signal: NodeJS.Signals): void {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
