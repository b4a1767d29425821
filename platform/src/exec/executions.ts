import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ATTEMPT_MARKER } from "./environment.ts";
import { killRemains } from "./cgroup.ts";
import type { CgroupInfo } from "./cgroup.ts";
import { createDurably } from "./durable-file.ts";
import { ExecRefusedError, ExecutionLostError } from "./errors.ts";
import { toExecResult } from "./exec-result.ts";
import type { ExecResult } from "./exec-result.ts";
import { followOutput } from "./follow-output.ts";
import type { OutputListener } from "./follow-output.ts";
import { bootId, isAlive, signalProcess } from "./processes.ts";
import { GIVEN_UP, RESULT_FILE, STARTED_FILE } from "./shim-protocol.ts";
import type { ShimResult, ShimStart } from "./shim-protocol.ts";
import { safeName } from "./workspace.ts";

/**
 * `lost`: it was started, its shim is gone, and there is no result. `absent`: nobody on this host has asked for it yet.
 * `given_up`: it was asked for, never began, and never will.
 */
export type Adoption =
  | { state: "finished"; result: ExecResult }
  | { state: "running" }
  | { state: "lost" }
  | { state: "absent" }
  | { state: "given_up" };

export interface ExecutionOnDisk {
  id: string;
  attemptId: string;
  state: Exclude<Adoption["state"], "absent" | "given_up">;
}

/** What shims left on this host, for a worker that was restarted. */
export interface Executions {
  /**
   * How an execution stands that another worker process began. One whose shim is late is given up.
   * @throws {ToolStartError} when it ended because the tool could not be started.
   */
  adopt(id: string): Promise<Adoption>;
  /**
   * Waits for an execution that another worker process began. Aborting asks the tool to stop.
   * @throws {ExecutionLostError} when it ends, or ended, without a result.
   */
  wait(id: string, options: { signal: AbortSignal; onOutput?: OutputListener }): Promise<ExecResult>;
  /**
   * Ends whatever of an attempt still runs on this host, in order where possible, and leaves no process of it behind. From
   * then on nothing of it begins here: a worker that was stopped for long may be just about to.
   */
  settle(attemptId: string): Promise<void>;
  list(): Promise<ExecutionOnDisk[]>;
  /** Removes what an attempt left on disk. @throws {ExecRefusedError} while something of it runs; settle it first. */
  remove(attemptId: string): Promise<void>;
  folderOf(id: string): string;
  /** File that is there once the attempt was settled. */
  settledFileOf(attemptId: string): string;
}

const LOOK_EVERY_MS = 50;
/** What a shim needs beyond the tool's own grace period to write down how it ended. */
const SHIM_MARGIN_MS = 5_000;
/** A shim that hasn't begun this long after its folder was made is taken for one that never will. */
const SHIM_START_MS = 5_000;
/** No worker that was settled behind its back comes back after so long. */
const SETTLED_KEPT_MS = 30 * 24 * 3_600_000;

export function createExecutions({ root, cgroup }: { root: string; cgroup: CgroupInfo | null }): Executions {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  forgetSettled(root);
  const folderOf = (id: string): string => join(root, safeName(id));
  const settledFileOf = (attemptId: string): string => join(root, safeName(`${attemptId}.settled`));

  async function adopt(id: string): Promise<Adoption> {
    const folder = folderOf(id);
    while (await mayYetBegin(folder)) await pause(LOOK_EVERY_MS);
    await giveUpIfNotBegun(folder);
    const state = await stateOf(folder);
    if (state !== "finished") return { state };
    const result = (await readJson<ShimResult>(join(folder, RESULT_FILE)))!;
    return { state, result: await toExecResult(result, folder, id) };
  }

  async function wait(
    id: string,
    { signal, onOutput }: { signal: AbortSignal; onOutput?: OutputListener },
  ): Promise<ExecResult> {
    const follower = onOutput === undefined ? null : followOutput(folderOf(id), onOutput);
    const cancel = (): void => void shimOf(folderOf(id)).then((shim) => shim && signalProcess(shim, "SIGTERM"));
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      for (;;) {
        const found = await adopt(id);
        if (found.state === "finished") return found.result;
        if (found.state !== "running") throw new ExecutionLostError(id);
        follower?.advance();
        await pause(LOOK_EVERY_MS);
      }
    } finally {
      signal.removeEventListener("abort", cancel);
      await follower?.end();
    }
  }

  async function ids(): Promise<string[]> {
    return (await readdir(root)).filter((name) => /^[^.].*\.\d+(:\d+)?$/.test(name));
  }

  async function list(): Promise<ExecutionOnDisk[]> {
    const found = await Promise.all(
      (await ids()).map(async (id) => ({ id, attemptId: attemptOf(id), state: await stateOf(folderOf(id)) })),
    );
    return found.filter(
      (execution): execution is ExecutionOnDisk => execution.state !== "absent" && execution.state !== "given_up",
    );
  }

  async function ofAttempt(attemptId: string): Promise<ExecutionOnDisk[]> {
    return (await list()).filter((execution) => execution.attemptId === attemptId);
  }

  async function settle(attemptId: string): Promise<void> {
    await writeFile(settledFileOf(attemptId), "");
    const begun = (await ids()).filter((id) => attemptOf(id) === attemptId);
    await Promise.all(begun.map((id) => giveUpIfNotBegun(folderOf(id))));
    await Promise.all(begun.map((id) => endShim(folderOf(id))));
    await killRemains({ cgroup, ids: begun, marker: `${ATTEMPT_MARKER}=${attemptId}` });
  }

  async function remove(attemptId: string): Promise<void> {
    const executions = await ofAttempt(attemptId);
    const folders = (await ids()).filter((name) => attemptOf(name) === attemptId).map(folderOf);
    const running = executions.find(({ state }) => state === "running");
    if (running !== undefined) {
      throw new ExecRefusedError(
        `Execution ${running.id} still runs on this worker; settle attempt ${attemptId} before removing it.`,
      );
    }
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }

  return { adopt, wait, settle, list, remove, folderOf, settledFileOf };
}

/** `<attempt id>.<ordinal>`, with `:<n>` where it was begun anew because nothing came of the one before → attempt id. */
export function attemptOf(id: string): string {
  return id.slice(0, id.lastIndexOf("."));
}

/** Another worker may have made the folder this very moment: what it starts is better waited for than begun anew. */
async function mayYetBegin(folder: string): Promise<boolean> {
  const made = await stat(folder).catch(() => null);
  if (made === null || (await readJson(join(folder, STARTED_FILE))) !== null) return false;
  const age = Date.now() - made.mtimeMs;
  return age >= 0 && age < SHIM_START_MS;
}

/**
 * A shim that was ordered to start just before its worker died may still be on its way. Whoever writes the start file
 * first decides: once an execution was given up it never begins.
 */
async function giveUpIfNotBegun(folder: string): Promise<void> {
  const exists = await stat(folder).then(
    () => true,
    () => false,
  );
  if (exists) createDurably(join(folder, STARTED_FILE), GIVEN_UP);
}

async function stateOf(folder: string): Promise<Adoption["state"]> {
  const start = await readJson<ShimStart & { givenUp?: true }>(join(folder, STARTED_FILE));
  if (start === null) return "absent";
  if (start.givenUp === true) return "given_up";
  // Looked at before the result: when the shim is gone, its result is there or will never be.
  const alive = start.bootId === bootId() && isAlive(start);
  if ((await readJson(join(folder, RESULT_FILE))) !== null) return "finished";
  return alive ? "running" : "lost";
}

async function shimOf(folder: string): Promise<ShimStart | null> {
  const start = await readJson<ShimStart>(join(folder, STARTED_FILE));
  return start !== null && start.bootId === bootId() && isAlive(start) ? start : null;
}

/** Asks a shim to stop its tool, gives it the time that this may take, then kills it. */
async function endShim(folder: string): Promise<void> {
  const shim = await shimOf(folder);
  if (shim === null) return;
  signalProcess(shim, "SIGTERM");
  const deadline = performance.now() + shim.gracePeriodMs + SHIM_MARGIN_MS;
  while (isAlive(shim) && performance.now() < deadline) await pause(LOOK_EVERY_MS);
  if (signalProcess(shim, "SIGKILL")) while (isAlive(shim)) await pause(LOOK_EVERY_MS);
}

function forgetSettled(root: string): void {
  for (const name of readdirSync(root)) {
    const file = join(root, name);
    if (!name.endsWith(".settled") || Date.now() - statSync(file).mtimeMs < SETTLED_KEPT_MS) continue;
    // Another worker of this host may have been first.
    rmSync(file, { force: true });
  }
}

/** Null when the file isn't there. */
async function readJson<T>(path: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
