import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GitSource } from "@gantry/sdk/api";
import { createWorkspace, removeWorkspace, type Exec } from "../exec/index.ts";
import type { AddressGuard } from "../outgoing/index.ts";
import { createRedactor } from "../lib/redact.ts";
import { localPath } from "./git-repository.ts";

export interface LsRemoteDeps {
  exec: Exec;
  guard: AddressGuard;
  /** Folder for working directories. */
  root: string;
  newId(): string;
}

/** The commit that a branch (or else a tag) stands at; null when there is none of that name. */
export type LsRemote = (
  source: GitSource,
  signal: AbortSignal,
) => Promise<{ commit: string | null } | { failure: string }>;

/** A repository is a stranger's: no helpers, no prompts, and no configuration but ours is read. */
const guards = [
  "core.fsmonitor=",
  "core.hooksPath=/dev/null",
  "credential.helper=",
  "protocol.allow=never",
  "protocol.file.allow=always",
  "protocol.https.allow=always",
].flatMap((setting) => ["-c", setting]);

const timeoutMs = 30_000;

/** Asks a repository for one ref, in a working directory of its own, sandboxed as tools are. */
export function createLsRemote(deps: LsRemoteDeps): LsRemote {
  return async ({ repository, ref }, signal) => {
    const id = deps.newId();
    const workspace = await createWorkspace({ root: deps.root, runId: "git", attemptId: id });
    try {
      const path = localPath(repository);
      const configuration = join(workspace.home, "gitconfig");
      // The process that serves a local repository refuses another user's files unless this file names them.
      const safe = path === null ? [] : [path, join(path, ".git")];
      await writeFile(configuration, safe.map((each) => `[safe]\n\tdirectory = ${quote(each)}\n`).join(""));
      // Looked up once: git connects to what was checked, and isn't led elsewhere.
      const pinned = path === null ? await pinOf(deps.guard, new URL(repository), signal) : [];
      const names = [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/tags/${ref}^{}`];
      const result = await deps.exec.run(
        {
          id: `${id}.0`,
          command: "git",
          args: [...guards, ...pinned, "ls-remote", "--quiet", "--", repository, ...names],
          env: {
            GIT_CONFIG_NOSYSTEM: "1",
            GIT_CONFIG_GLOBAL: configuration,
            GIT_CEILING_DIRECTORIES: workspace.path,
            GIT_TERMINAL_PROMPT: "0",
            GIT_ASKPASS: "",
            GIT_ALLOW_PROTOCOL: "file:https",
            LC_ALL: "C",
          },
          workspace,
          timeoutMs,
          gracePeriodMs: 1_000,
          limits: { outputBytes: 64 * 1024, processes: 64 },
          network: path === null ? "host" : "none",
          readable: path === null ? [] : [path],
          onWorkerLoss: "kill",
        },
        { signal, redactor: createRedactor([]) },
      );
      if (result.stopped !== null) return { failure: `git was stopped: ${result.stopped.replaceAll("_", " ")}.` };
      if (result.exitCode !== 0) return { failure: failureOf(result.stderr.text) };
      return { commit: commitOf(result.stdout.text, names) };
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) };
    } finally {
      await deps.exec.remove(id).catch(() => {});
      await removeWorkspace(workspace).catch(() => {});
    }
  };
}

/** @throws DestinationRefusedError, DestinationUnreachableError */
async function pinOf(guard: AddressGuard, { hostname, port }: URL, signal: AbortSignal): Promise<string[]> {
  const { address, family } = await guard.resolve(hostname, signal);
  const to = `${hostname}:${port === "" ? "443" : port}:${family === 6 ? `[${address}]` : address}`;
  return ["-c", `http.curloptResolve=${to}`, "-c", "http.followRedirects=false"];
}

/** A branch before a tag; of an annotated tag what it points to. */
function commitOf(output: string, [branch = "", tag = "", peeled = ""]: readonly string[]): string | null {
  const found = new Map<string, string>();
  for (const line of output.split("\n")) {
    const [commit = "", name = ""] = line.split("\t");
    if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit)) found.set(name, commit);
  }
  return found.get(branch) ?? found.get(peeled) ?? found.get(tag) ?? null;
}

/** The first line that says something, without what git adds about asking the administrator. */
function failureOf(stderr: string): string {
  const line = stderr.split("\n").find((one) => /^(fatal|error|remote):/.test(one)) ?? stderr.split("\n")[0] ?? "";
  return `The repository can't be read. ${line.slice(0, 300)}`.trim();
}

function quote(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
