import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { realpath } from "node:fs/promises";
import { bubblewrapArgs } from "./bubblewrap.ts";
import { joiningCgroup, killRemains, openCgroup } from "./cgroup.ts";
import { EXECUTION_MARKER, searchPath, toolEnvironment } from "./environment.ts";
import { ToolStartError } from "./errors.ts";
import type { ExecDeps } from "./exec.ts";
import { findTool } from "./find-tool.ts";
import { resolveVisible } from "./paths.ts";
import { createWorkspace, removeWorkspace } from "./workspace.ts";

export interface TalkRequest {
  /** Unique on this host. */
  id: string;
  /** A name, looked up on the worker's PATH, or an absolute path. */
  command: string;
  args: readonly string[];
  /** All that it sees of an environment, besides PATH, HOME, TMPDIR and the language. May hold secrets. */
  env: Readonly<Record<string, string>>;
  network: "none" | "host";
  limits: { memoryBytes: number; processes: number };
}

/** A program that is spoken to while it runs. It ends with this process, and leaves nothing behind. */
export interface Talk {
  stdin: Writable;
  stdout: Readable;
  /** The last that it wrote to stderr. */
  stderr(): string;
  /** Resolves when it has ended, whoever ended it. */
  ended: Promise<void>;
  /** Closes its input, waits for a moment, and kills it with all that it started. */
  end(): Promise<void>;
}

export type OpenTalk = (request: TalkRequest) => Promise<Talk>;

const graceMs = 2_000;
const keptStderr = 8_192;

/** Programs in the sandbox of tools, without the shim: what they do is over when the talk is. */
export function createTalks(deps: ExecDeps): OpenTalk {
  return async ({ id, command, args, env, network, limits }) => {
    const workspace = await createWorkspace({ root: deps.root, runId: "talks", attemptId: id });
    const cgroup = deps.cgroup ?? null;
    const marker = `${EXECUTION_MARKER}=${id}`;
    const clean = async (): Promise<void> => {
      await killRemains({ cgroup, ids: [id], marker });
      await removeWorkspace(workspace);
    };
    try {
      const file = await findTool(command, searchPath(deps.environment));
      const wrapped = await inSandbox(deps, { file, args, network, workspace });
      const joined =
        cgroup === null ? wrapped : joiningCgroup(openCgroup(cgroup, id, limits), wrapped.file, wrapped.args);
      const child = spawn(joined.file, joined.args, {
        cwd: workspace.work,
        // What the operator passes on to tools isn't for programs that an organization names.
        env: toolEnvironment({ id, attemptId: id, workspace, worker: deps.environment, pass: [], extra: env }),
        detached: true,
        // The sandbox writes its status to the last one.
        stdio: ["pipe", "pipe", "pipe", "pipe"],
      });
      const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
      await new Promise<void>((resolve, reject) => {
        child.once("spawn", resolve);
        child.once("error", (error: NodeJS.ErrnoException) =>
          reject(new ToolStartError(command, error.code ?? "unknown error")),
        );
      });
      let stderr = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-keptStderr)));
      (child.stdio[3] as Readable).resume();
      // Its end shows as such.
      child.stdin.on("error", () => undefined);
      let ending: Promise<void> | undefined;
      const end = async (): Promise<void> => {
        child.stdin.end();
        const patience = setTimeout(() => child.kill("SIGKILL"), graceMs);
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, graceMs + 500).unref())]);
        clearTimeout(patience);
        await clean();
      };
      return { stdin: child.stdin, stdout: child.stdout, stderr: () => stderr, ended, end: () => (ending ??= end()) };
    } catch (error) {
      await clean();
      throw error;
    }
  };
}

async function inSandbox(
  { bubblewrap: info, root, readable = [], hidden = [] }: ExecDeps,
  {
    file,
    args,
    network,
    workspace,
  }: Pick<TalkRequest, "args" | "network"> & { file: string; workspace: Awaited<ReturnType<typeof createWorkspace>> },
): Promise<{ file: string; args: readonly string[] }> {
  if (info === null) return { file, args };
  const covered = await Promise.all([root, ...hidden].map((path) => realpath(path).catch(() => path)));
  const shown = await Promise.all(readable.map((path) => resolveVisible(path, covered)));
  const at = { workspace, cwd: workspace.work, network };
  const wrapped = await bubblewrapArgs({
    info,
    command: file,
    args,
    ...at,
    readable: shown,
    writable: [],
    hidden: covered,
  });
  return { file: info.path, args: wrapped };
}
