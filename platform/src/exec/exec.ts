import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, realpath, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Redactor } from "../lib/redact.ts";
import { bubblewrapArgs } from "./bubblewrap.ts";
import type { BubblewrapInfo } from "./bubblewrap.ts";
import { killRemains } from "./cgroup.ts";
import type { CgroupInfo } from "./cgroup.ts";
import { EXECUTION_MARKER, searchPath, toolEnvironment } from "./environment.ts";
import {
  ExecRefusedError,
  ExecutionExistsError,
  ExecutionLostError,
  ToolStartError,
  UnsupportedPlatformError,
} from "./errors.ts";
import { toExecResult } from "./exec-result.ts";
import type { ExecResult } from "./exec-result.ts";
import { attemptOf, createExecutions } from "./executions.ts";
import type { Executions } from "./executions.ts";
import { findTool } from "./find-tool.ts";
import { followOutput } from "./follow-output.ts";
import type { OutputListener } from "./follow-output.ts";
import { isInside, resolveVisible } from "./paths.ts";
import { CANCEL, OUTPUT_GREW } from "./shim-protocol.ts";
import type { OnWorkerLoss, ShimOrder, ShimResult } from "./shim-protocol.ts";
import type { Workspace } from "./workspace.ts";

export interface ExecRequest {
  /** `<attempt id>.<ordinal>`, stable: the same id is never started twice on a host. May end in `:<n>`. */
  id: string;
  /** A name, looked up on the worker's PATH, or an absolute path. */
  command: string;
  args: readonly string[];
  /** On top of the allow-listed base. May hold secrets. */
  env?: Readonly<Record<string, string>>;
  workspace: Workspace;
  /** Inside the workspace; its `work` folder by default. */
  cwd?: string;
  stdin?: string | Uint8Array;
  /**
   * File inside the workspace that takes standard output as it is: for data to parse that is large or holds secrets. It
   * goes with the workspace, and the result's `stdout` is empty.
   */
  stdoutFile?: string;
  timeoutMs: number;
  /** Between asking the tool to stop and killing it with all that it started. */
  gracePeriodMs: number;
  /** How the tool is asked to stop; SIGTERM by default. */
  stopSignal?: "SIGINT" | "SIGTERM";
  limits: ExecLimits;
  /** Enforced only in a sandbox: a host without bubblewrap can't keep a tool off the network. */
  network: "none" | "host";
  onWorkerLoss: OnWorkerLoss;
  /** Further paths that the tool may see in the sandbox. */
  readable?: readonly string[];
  writable?: readonly string[];
}

export interface ExecLimits {
  /** Resident memory of the tool and all that it starts. */
  memoryBytes?: number;
  /** Processes alive at once, the sandbox's own two included. */
  processes?: number;
  /** Of standard output and standard error together. A tool that writes more is stopped; what came before is kept. */
  outputBytes: number;
}

export interface RunOptions {
  /** Aborting asks the tool to stop; the result then says `canceled`. */
  signal: AbortSignal;
  redactor: Redactor;
  /** Gets redacted output soon after it was written. */
  onOutput?: OutputListener;
}

export interface ExecDeps {
  /** Folder for what shims leave on disk; belongs to the worker alone. */
  root: string;
  /** Null: tools run without a sandbox. */
  bubblewrap: BubblewrapInfo | null;
  /** Null: limits are kept by looking at the tool's processes five times a second. */
  cgroup?: CgroupInfo | null;
  /** The worker's own environment, of which tools see an allow-listed part. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Names of further variables that tools get, for example TF_CLI_CONFIG_FILE or HTTPS_PROXY. */
  passEnvironment?: readonly string[];
  /** Paths that every tool may see in the sandbox, for example a provider mirror. */
  readable?: readonly string[];
  /** Folders that no tool may see, for example the data directory and the one with the keys. */
  hidden?: readonly string[];
}

export interface Exec extends Executions {
  /**
   * Runs a tool to its end, under a shim that outlives this process.
   * @throws {ToolNotFoundError} when it isn't installed.
   * @throws {ToolStartError} when the system would not start it, or the sandbox around it.
   * @throws {ExecRefusedError} for a request that would leave the working directory or show what is hidden.
   * @throws {ExecutionExistsError} when this id was started, or given up, before on this host.
   * @throws {ExecutionLostError} when the shim was killed: the outcome is not known.
   */
  run(request: ExecRequest, options: RunOptions): Promise<ExecResult>;
}

const shimProgram = fileURLToPath(new URL("./shim.ts", import.meta.url));

export function createExec(deps: ExecDeps): Exec {
  const { cgroup = null } = deps;
  const executions = createExecutions({ root: deps.root, cgroup });
  return {
    ...executions,
    async run(request, { signal, redactor, onOutput }) {
      refuseWindows();
      signal.throwIfAborted();
      const folder = executions.folderOf(request.id);
      const settledFile = executions.settledFileOf(attemptOf(request.id));
      const order = await prepareOrder(request, { deps, folder, settledFile, redactor });
      await makeFolder(folder, request.id);

      const shim = startShim(deps.root);
      const follower = onOutput === undefined ? null : followOutput(folder, onOutput);
      const reported = readReports(shim, () => follower?.advance());
      const cancel = (): void => void shim.stdin?.write(`${CANCEL}\n`);
      shim.stdin?.on("error", () => undefined); // The shim's death shows as its end.
      shim.stdin?.write(`${JSON.stringify(order)}\n`);
      signal.addEventListener("abort", cancel, { once: true });
      if (signal.aborted) cancel();
      try {
        const result = await reported;
        if (result === null) {
          const { state } = await executions.adopt(request.id);
          if (state === "given_up" && !existsSync(order.settledFile)) throw new ExecutionExistsError(request.id);
          await killRemains({ cgroup, ids: [request.id], marker: order.marker });
          throw new ExecutionLostError(request.id);
        }
        return await toExecResult(result, folder, request.command);
      } finally {
        signal.removeEventListener("abort", cancel);
        shim.stdin?.destroy();
        await follower?.end();
      }
    },
  };
}

async function prepareOrder(
  request: ExecRequest,
  { deps, folder, settledFile, redactor }: { deps: ExecDeps; folder: string; settledFile: string; redactor: Redactor },
): Promise<ShimOrder> {
  const { workspace, limits } = request;
  const command = await findTool(request.command, searchPath(deps.environment));
  const cwd = await resolveCwd(request.cwd ?? workspace.work, workspace);
  const { file, args } = await wrap(request, { deps, command, cwd });
  return {
    id: request.id,
    folder,
    file,
    args,
    cwd,
    env: toolEnvironment({
      id: request.id,
      attemptId: attemptOf(request.id),
      workspace,
      worker: deps.environment,
      pass: deps.passEnvironment ?? [],
      extra: request.env ?? {},
    }),
    stdin: Buffer.from(request.stdin ?? "").toString("base64"),
    stdoutFile: request.stdoutFile === undefined ? null : await resolveNew(request.stdoutFile, workspace),
    secrets: redactor.secrets,
    sandboxed: deps.bubblewrap !== null,
    settledFile,
    cgroup: deps.cgroup ?? null,
    timeoutMs: request.timeoutMs,
    gracePeriodMs: request.gracePeriodMs,
    stopSignal: request.stopSignal ?? "SIGTERM",
    memoryBytes: limits.memoryBytes ?? null,
    processes: limits.processes ?? null,
    outputBytes: limits.outputBytes,
    onWorkerLoss: request.onWorkerLoss,
    marker: `${EXECUTION_MARKER}=${request.id}`,
  };
}

/** The program to start: the tool itself, or the sandbox around it. */
async function wrap(
  { args, workspace, network, readable = [], writable = [] }: ExecRequest,
  { deps, command, cwd }: { deps: ExecDeps; command: string; cwd: string },
): Promise<{ file: string; args: readonly string[] }> {
  const hidden = await Promise.all([deps.root, ...(deps.hidden ?? [])].map((path) => realpath(path).catch(() => path)));
  const visible = (paths: readonly string[]) => Promise.all(paths.map((path) => resolveVisible(path, hidden)));
  const [shown, writableShown] = await Promise.all([
    visible([...(deps.readable ?? []), ...readable]),
    visible(writable),
  ]);
  const info = deps.bubblewrap;
  if (info === null) return { file: command, args };
  const wrapped = await bubblewrapArgs({
    info,
    command,
    args,
    workspace,
    cwd,
    network,
    readable: shown,
    writable: writableShown,
    hidden,
  });
  return { file: info.path, args: wrapped };
}

async function resolveCwd(cwd: string, workspace: Workspace): Promise<string> {
  const [real, folder] = await Promise.all([realpath(cwd).catch(() => null), realpath(workspace.path)]);
  if (real === null || !isInside(real, folder)) {
    throw new ExecRefusedError(
      `The folder "${cwd}" does not exist in the attempt's working directory. Tools run only there.`,
    );
  }
  return real;
}

/** The path of a file that is not there (any more), in a folder of the workspace that no link leads out of. */
async function resolveNew(file: string, workspace: Workspace): Promise<string> {
  const path = join(await resolveCwd(dirname(file), workspace), basename(file));
  await rm(path, { force: true });
  return path;
}

async function makeFolder(folder: string, id: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new ExecutionExistsError(id);
    throw error;
  }
}

/** In a session of its own, so that no signal meant for the worker's terminal or group reaches it. */
function startShim(root: string): ChildProcess {
  return spawn(process.execPath, [shimProgram], {
    cwd: "/",
    detached: true,
    // Without the cache, stripping the types of the shim would cost as much again as starting Node does.
    env: { NODE_COMPILE_CACHE: join(root, ".compile-cache") },
    stdio: ["pipe", "pipe", "ignore"],
  });
}

/** Resolves with the result when the shim has ended; null when it told none. */
function readReports(shim: ChildProcess, onGrowth: () => void): Promise<ShimResult | null> {
  return new Promise((resolve, reject) => {
    let result: ShimResult | null = null;
    if (shim.stdout !== null) {
      createInterface({ input: shim.stdout }).on("line", (line) => {
        if (line === OUTPUT_GREW) onGrowth();
        else result = parseResult(line);
      });
    }
    shim.once("error", (error: NodeJS.ErrnoException) =>
      reject(new ToolStartError("the supervisor of tools", error.code ?? "unknown error")),
    );
    shim.once("close", () => resolve(result));
  });
}

/** A shim that is killed may leave half a line. */
function parseResult(line: string): ShimResult | null {
  try {
    return JSON.parse(line) as ShimResult;
  } catch {
    return null;
  }
}

function refuseWindows(): void {
  if (process.platform === "win32") throw new UnsupportedPlatformError("Windows");
}
