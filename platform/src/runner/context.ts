import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { isAbsolute, join, resolve, sep } from "node:path";
import { setTimeout as schedule } from "node:timers";
import {
  createMeter,
  type ArtifactRef,
  type Connection,
  type FilesRef,
  type Json,
  type ToolContext,
  type Usage,
} from "@gantry/sdk";
import type { Pool } from "pg";
import { createLogWriter, packDirectory, unpackDirectory, type BlobStore, type LogWriter } from "../blobs/index.ts";
import type { CatalogTool } from "../catalog/index.ts";
import type { AttemptRequest } from "../engine/ports.ts";
import { workspaceAt, type Exec, type Workspace } from "../exec/index.ts";
import { createRedactor, MINIMUM_SECRET_LENGTH, type Redactor } from "../lib/redact.ts";
import { ConnectionNotDeclaredError, PathRefusedError, SecretNotDeclaredError } from "./errors.ts";
import { launch } from "./launch.ts";
import { runCommand } from "./run-command.ts";

export interface ContextDeps {
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
  resolveSecret(request: AttemptRequest, name: string): Promise<string>;
  /** @throws ConnectionNotFoundError */
  resolveConnection(request: AttemptRequest, name: string): Promise<Connection>;
  stateBackend(request: AttemptRequest, name: string): Promise<Record<string, string>>;
}

/** An attempt's context, and what only the runner may do with it. */
export interface AttemptContext {
  readonly tool: ToolContext;
  /** Hides values from then on, in everything that leaves the attempt. */
  hide(secrets: readonly string[]): void;
  redactor(): Redactor;
  /** True once it has folders on disk. */
  opened(): boolean;
  /** True once a command's outcome could not be learnt. */
  lost(): boolean;
  /** What the tool said that it used; undefined when it said nothing. */
  used(): Usage | undefined;
  /** What a program says of its version, without counting as a command of the attempt. */
  probe(command: string, args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/**
 * Everything a tool may touch. Folders and logs come into being when they are first used. Commands, restored files and
 * launches are numbered and remembered on disk, so that an attempt resumed after a restart finds what was done already.
 */
export function openContext(deps: ContextDeps, request: AttemptRequest, signal: AbortSignal): AttemptContext {
  const { org, project, environment, runId, attemptId } = request;
  const place = once(() => workspaceAt({ root: deps.workspaces, runId, attemptId }));
  const secrets = new Set<string>();
  /** Names of the secrets of connections that it was given. */
  const credentials = new Set<string>();
  const meter = createMeter(request.tool, request.worstCase);
  let redactor = nothingHidden;
  let log: LogWriter | undefined;
  let isLost = false;
  let ordinal = 0;
  let probes = 0;

  let isOpened = false;
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
  const append = (stream: "stdout" | "stderr", chunk: string | Uint8Array) => {
    writer()
      .append(stream, chunk, deps.clock())
      .catch(() => undefined);
  };
  const hide = (values: readonly string[]) => {
    const known = secrets.size;
    for (const value of values) if (Buffer.byteLength(value) >= MINIMUM_SECRET_LENGTH) secrets.add(value);
    // Making a redactor indexes all its patterns; most attempts have nothing to hide.
    if (secrets.size === known) return;
    redactor = createRedactor([...secrets]);
  };
  const inside = (path: string): string => {
    const full = isAbsolute(path) ? resolve(path) : resolve(place().work, path);
    const allowed = [place().work, join(deps.hostdirs, org, project)];
    if (allowed.some((folder) => full === folder || full.startsWith(folder + sep))) return full;
    throw new PathRefusedError(path);
  };
  const run = (command: string, args: readonly string[], id: string, options: Parameters<ToolContext["exec"]>[2]) => {
    open();
    return runCommand(
      {
        exec: deps.exec,
        workspace: place(),
        redactor,
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
  const storeFile = async (
    name: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    contentType: string,
  ): Promise<ArtifactRef> => {
    const { digest, bytes } = await deps.blobs.put(org, content, { purpose: "artifact", contentType });
    return { $artifact: digest, name, bytes, contentType };
  };

  const tool: ToolContext = {
    organization: org,
    project,
    environment,
    runId,
    stepKey: request.stepKey,
    attemptId: request.subject?.attemptId ?? attemptId,
    attempt: request.number,
    requester: request.requester.name,
    idempotencyKey: request.idempotencyKey,
    fence: request.fence,
    deadline: request.deadline,
    signal,
    ...(request.subject === null ? {} : { orphans: request.subject.host === deps.host ? "gone" : "possible" }),
    get workdir() {
      return open().work;
    },
    get hostdir() {
      return hostdir();
    },
    now: deps.clock,
    log(message, fields) {
      const line = redactor.redact(`${message}${fields === undefined ? "" : ` ${JSON.stringify(fields)}`}\n`);
      append("stderr", line);
    },
    exec: (command, args, options) => run(command, args, `${attemptId}.${(ordinal += 1)}`, options),
    launch: (command, args, options) =>
      remembered(async () => {
        open();
        return launch(command, args, {
          ...options,
          cwd: inside(options.cwd),
          logFile: inside(options.logFile),
          base: deps.baseEnvironment,
        });
      }),
    files: {
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
    },
    artifact(name, content, contentType) {
      const bytes = Buffer.from(typeof content === "string" ? redactor.redact(content) : content);
      return storeFile(name, bytes, contentType);
    },
    use: meter.use,
    async connection(name) {
      if (!deps.tools.get(request.tool)?.tool.spec.connections?.includes(name))
        throw new ConnectionNotDeclaredError(request.tool, name);
      const found = await deps.resolveConnection(request, name);
      for (const secret of Object.values(found.secrets)) credentials.add(secret);
      return found;
    },
    async secret(name) {
      if (!credentials.has(name) && !deps.tools.get(request.tool)?.tool.spec.secrets?.includes(name))
        throw new SecretNotDeclaredError(request.tool, name);
      const value = await deps.resolveSecret(request, name);
      hide([value]);
      return value;
    },
    async stateBackend(name) {
      const variables = await deps.stateBackend(request, name);
      hide(Object.entries(variables).flatMap(([key, value]) => (key.endsWith("_PASSWORD") ? [value] : [])));
      return variables;
    },
  };
  return {
    tool,
    hide,
    redactor: () => redactor,
    used: meter.used,
    opened: () => isOpened,
    lost: () => isLost,
    async probe(command, args) {
      const { stdout, stderr } = await run(command, args, `version-${attemptId}.${(probes += 1)}`, {
        timeoutMs: 30_000,
      });
      return stdout || stderr;
    },
    close: async () => log?.close(),
  };
}

const nothingHidden = createRedactor([]);

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
