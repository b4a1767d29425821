import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { isAbsolute, join, resolve, sep } from "node:path";
import { setTimeout as schedule } from "node:timers";
import type { ArtifactRef, FilesRef, Json, ToolContext } from "@gantry/sdk";
import type { Pool } from "pg";
import { createLogWriter, packDirectory, unpackDirectory, type BlobStore, type LogWriter } from "../blobs/index.ts";
import type { CatalogTool } from "../catalog/index.ts";
import type { AttemptRequest } from "../engine/ports.ts";
import { workspaceAt, type Exec, type Workspace } from "../exec/index.ts";
import type { Redactor } from "../lib/redact.ts";
import { PathRefusedError } from "./errors.ts";
import { identityOf } from "./identity.ts";
import { launch } from "./launch.ts";
import { runCommand } from "./run-command.ts";

export interface WorkshopDeps {
  tools: ReadonlyMap<string, CatalogTool>;
  exec: Exec;
  /** Of this worker, as attempts name it. */
  host: string;
  pool: Pool;
  blobs: BlobStore;
  clock: () => number;
  /** Folder of the attempts' working directories. */
  workspaces: string;
  /** Folder of what is deployed on this host. */
  hostdirs: string;
  /** The part of the worker's environment that launched services get. */
  baseEnvironment: Readonly<Record<string, string>>;
}

/** Where an attempt works: its folders, commands, files and log. */
export interface Workshop extends Pick<ToolContext, "exec" | "launch"> {
  workdir(): string;
  hostdir(): string;
  /** Resolves when there is room for more. */
  append(stream: "stdout" | "stderr", chunk: string | Uint8Array): Promise<void>;
  save: ToolContext["files"]["save"];
  restore: ToolContext["files"]["restore"];
  storeFile(name: string, content: Uint8Array | AsyncIterable<Uint8Array>, contentType: string): Promise<ArtifactRef>;
  /** What a program says of its version, without counting as a command of the attempt. */
  probe(command: string, args: readonly string[]): Promise<string>;
  /** True once it has folders on disk. */
  opened(): boolean;
  /** True once a command's outcome could not be learnt. */
  lost(): boolean;
  close(): Promise<void>;
}

/**
 * Folders and logs come into being when they are first used. Commands, restored files and launches are numbered and
 * remembered on disk, so that an attempt resumed after a restart finds what was done already.
 */
export function openWorkshop(
  deps: WorkshopDeps,
  request: AttemptRequest,
  signal: AbortSignal,
  redactor: () => Redactor,
): Workshop {
  const { org, project, runId, attemptId } = request;
  const place = once(() => workspaceAt({ root: deps.workspaces, runId, attemptId }));
  let log: LogWriter | undefined;
  let isLost = false;
  let isOpened = false;
  let ordinal = 0;
  let probes = 0;

  const open = once(() => {
    isOpened = true;
    return makeFolders(place());
  });
  const hostdir = once(() => makeFolder(join(deps.hostdirs, org, project)));
  const writer = () =>
    (log ??= createLogWriter({
      pool: deps.pool,
      store: deps.blobs,
      schedule: (ms, work) => {
        const timer = schedule(work, ms);
        return () => clearTimeout(timer);
      },
      org,
      run: runId,
      attempt: attemptId,
    }));
  // What can't be stored now stays buffered; closing says so if it never could.
  const append = (stream: "stdout" | "stderr", chunk: string | Uint8Array) =>
    writer()
      .append(stream, chunk, deps.clock())
      .catch(() => undefined);
  const inside = (path: string): string => {
    const full = isAbsolute(path) ? resolve(path) : resolve(place().work, path);
    const allowed = [place().work, join(deps.hostdirs, org, project)];
    if (allowed.some((folder) => full === folder || full.startsWith(folder + sep))) return full;
    throw new PathRefusedError(path);
  };
  const storeFile: Workshop["storeFile"] = async (name, content, contentType) => {
    const { digest, bytes } = await deps.blobs.put(org, content, { purpose: "artifact", contentType });
    return { $artifact: digest, name, bytes, contentType };
  };
  const run = (command: string, args: readonly string[], id: string, options: Parameters<ToolContext["exec"]>[2]) => {
    open();
    return runCommand(
      {
        exec: deps.exec,
        workspace: place(),
        redactor: redactor(),
        signal,
        log: append,
        lost: () => (isLost = true),
        storeOutput: storeFile,
      },
      {
        id,
        command,
        args,
        options: options ?? {},
        identity: identityOf(request),
        onWorkerLoss: deps.tools.get(request.tool)?.tool.spec.onWorkerLoss ?? "kill",
        now: deps.clock,
        deadline: request.deadline,
      },
    );
  };
  /** Does something once per attempt, however often the attempt is resumed. */
  const remembered = async <T extends Json>(work: () => Promise<T>): Promise<T> => {
    open();
    const file = join(place().path, `done-${(ordinal += 1)}`);
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as T;
    const result = await work();
    writeFileSync(file, JSON.stringify(result));
    return result;
  };

  return {
    workdir: () => open().work,
    hostdir,
    append,
    storeFile,
    exec: (command, args, options) => run(command, args, `${attemptId}.${(ordinal += 1)}`, options),
    launch: (command, args, options) =>
      remembered(async () =>
        launch(command, args, {
          ...options,
          cwd: inside(options.cwd),
          logFile: inside(options.logFile),
          base: deps.baseEnvironment,
        }),
      ),
    async save(directory, options = {}) {
      open();
      const folder = inside(directory);
      const exclude = options.exclude === undefined ? {} : { exclude: options.exclude };
      const { digest, bytes } = await deps.blobs.put(org, packDirectory(folder, exclude), { purpose: "files" });
      return {
        $files: digest,
        bytes,
        entries: (await readdir(folder, { recursive: true })).length,
      } satisfies FilesRef;
    },
    async restore(ref, directory) {
      const folder = inside(directory);
      await remembered(async () => {
        mkdirSync(folder, { recursive: true });
        await unpackDirectory(deps.blobs.get(org, ref.$files as `sha256:${string}`), folder);
        return true;
      });
    },
    async probe(command, args) {
      const { stdout, stderr } = await run(command, args, `version-${attemptId}.${(probes += 1)}`, {
        timeoutMs: 30_000,
      });
      return stdout || stderr;
    },
    opened: () => isOpened,
    lost: () => isLost,
    close: async () => log?.close(),
  };
}

function makeFolders(workspace: Workspace): Workspace {
  for (const folder of [workspace.work, workspace.home, workspace.tmp])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  return workspace;
}

function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
