import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { findFreePort } from "./free-port.ts";
import { isAlive, killMarked, processRef, signalGroup } from "./processes.ts";
import type { VersionRecord, VersionStatus, VersionView } from "./protocol.ts";
import { markOf, startProcess } from "./start-process.ts";
import type { StartContext } from "./start-process.ts";

/** Back-off between restarts of a version that ends by itself; a version that stayed up this long starts over. */
const firstPauseMs = 100;
const longestPauseMs = 10_000;
const stableMs = 30_000;
/** A process of an earlier host isn't our child: its end has to be looked for. */
const watchAdoptedMs = 200;

export interface VersionDeps extends StartContext {
  /** The entry in the host's state; the supervisor writes `process`, `port` and `wanted`. */
  readonly record: VersionRecord;
  save(): void;
  inFlight(): number;
  log(message: string, fields: Record<string, unknown>): void;
  /** Called whenever the process has ended, so that connections to it are let go. */
  onEnd(): void;
}

export interface Version {
  readonly record: VersionRecord;
  start(): Promise<void>;
  /** Waits until it answers nothing more (`drainMs` at most), then SIGTERM, then after `graceMs` SIGKILL. */
  stop(limits: { drainMs: number; graceMs: number }): Promise<void>;
  view(): VersionView;
  /** Drops timers and watchers and leaves the process alone. */
  release(): void;
}

/** Keeps one version running for as long as it is wanted. `status` is derived: what is wanted and what is alive. */
export function superviseVersion(deps: VersionDeps): Version {
  const { record, save, log } = deps;
  let crashes = 0;
  let lastExit: string | null = null;
  let timer: NodeJS.Timeout | null = null;
  let starting: Promise<void> | null = null;
  let stopping: Promise<void> | null = null;
  let adopted: NodeJS.Timeout | null = null;
  /** Grows with each process, so that the late news of an old one doesn't concern the new one. */
  let generation = 0;

  const live = (): boolean => record.process !== null && isAlive(record.process);

  const ended = (how: string): void => {
    generation += 1;
    lastExit = how;
    record.process = null;
    clearInterval(adopted ?? undefined);
    adopted = null;
    killMarked(markOf(record.id, deps)); // What it started and left behind would keep its files and memory.
    deps.onEnd();
    save();
    if (record.wanted === "stopped") return;
    crashes = Date.now() - record.startedAt > stableMs ? 1 : crashes + 1;
    const pause = Math.min(firstPauseMs * 2 ** (crashes - 1), longestPauseMs);
    log("version ended by itself", { version: record.id, how, crashes, restartInMs: pause });
    timer = setTimeout(() => void ensureRunning(), pause);
  };

  const spawnOnce = async (): Promise<void> => {
    if (live()) return watchAdopted();
    killMarked(markOf(record.id, deps));
    record.port = await findFreePort(record.port);
    if (record.wanted !== "running") return; // Stopped while the port was looked for.
    record.startedAt = Date.now();
    const child = startProcess(record, record.port, deps);
    followChild(child);
    record.process = child.pid === undefined ? null : processRef(child.pid);
    save();
  };

  const followChild = (child: ChildProcess): void => {
    const mine = ++generation;
    const report = (how: string): void => void (mine === generation && ended(how));
    child.once("error", (error) => report(error.message)); // Could not be started: there is no exit event then.
    child.once("exit", (code, signal) => report(signal === null ? `exit code ${String(code)}` : signal));
  };

  const watchAdopted = (): void => {
    adopted ??= setInterval(() => {
      if (!live()) ended("ended while or after the host restarted");
    }, watchAdoptedMs);
  };

  const ensureRunning = (): Promise<void> => {
    clearTimeout(timer ?? undefined);
    starting ??= spawnOnce()
      .catch((error: unknown) => ended(error instanceof Error ? error.message : String(error)))
      .finally(() => (starting = null));
    return starting;
  };

  const stopOnce = async ({ drainMs, graceMs }: { drainMs: number; graceMs: number }): Promise<void> => {
    await until(() => deps.inFlight() === 0, drainMs);
    await starting;
    const running = record.process;
    if (running !== null) {
      signalGroup(running, "SIGTERM");
      await until(() => !isAlive(running), graceMs);
      signalGroup(running, "SIGKILL");
    }
    killMarked(markOf(record.id, deps));
    if (running !== null) await until(() => !isAlive(running), graceMs);
    if (record.process !== null) ended("stopped");
  };

  return {
    record,
    async start() {
      await stopping;
      record.wanted = "running";
      record.retiredFor = null;
      crashes = 0;
      save();
      await ensureRunning();
    },
    stop(limits) {
      record.wanted = "stopped";
      save();
      clearTimeout(timer ?? undefined);
      stopping ??= stopOnce(limits).finally(() => (stopping = null));
      return stopping;
    },
    view() {
      const { env: _env, process: running, ...shown } = record;
      const status = statusOf(record, live());
      return { ...shown, status, pid: running?.pid ?? null, crashes, lastExit, inFlight: deps.inFlight() };
    },
    release() {
      clearTimeout(timer ?? undefined);
      clearInterval(adopted ?? undefined);
    },
  };
}

export function filesExist(id: string, { places }: StartContext): boolean {
  return existsSync(places.release(id));
}

function statusOf(record: VersionRecord, live: boolean): VersionStatus {
  if (record.wanted === "running") return live ? "running" : "restarting";
  return live ? "stopping" : "stopped";
}

async function until(done: () => boolean, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (!done() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
}
