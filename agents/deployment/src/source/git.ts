import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExecOutcome, ToolContext } from "@gantry/sdk";
import { localPath } from "./repository.ts";

/**
 * Options for every call: a repository is a stranger's, and `git` runs programs that its configuration, hooks and
 * attributes name. Filters (LFS) stay unknown as no configuration but ours is read.
 */
const guards = [
  "core.fsmonitor=",
  "core.hooksPath=/dev/null",
  "core.attributesFile=/dev/null",
  "core.symlinks=true",
  "core.autocrlf=false",
  "credential.helper=",
  "protocol.allow=never",
  "protocol.file.allow=always",
  "protocol.https.allow=always",
  "submodule.recurse=false",
  "transfer.fsckObjects=true",
  "gc.auto=0",
  "maintenance.auto=false",
].flatMap((setting) => ["-c", setting]);

export interface Git {
  /** In the working repository, which this creates. */
  (args: readonly string[], options?: { okExitCodes?: readonly number[] }): Promise<ExecOutcome>;
}

/** Makes an empty repository `folder` in the working directory, and a `git` that works in it and touches nothing else. */
export async function openGit(
  repository: string,
  folder: string,
  ctx: Pick<ToolContext, "exec" | "workdir">,
): Promise<Git> {
  const configuration = join(ctx.workdir, "gitconfig");
  const path = localPath(repository);
  // The process that serves a local repository reads this file, not our -c options, and refuses another user's files. Our
  // own folder is another's too where the sandbox maps users.
  const safe = [join(ctx.workdir, folder), ...(path === null ? [] : [path, join(path, ".git")])];
  await writeFile(configuration, safe.map((each) => `[safe]\n\tdirectory = ${quote(each)}\n`).join(""));
  const env = {
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: configuration,
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    GIT_LFS_SKIP_SMUDGE: "1",
    GIT_ALLOW_PROTOCOL: "file:https",
    LC_ALL: "C",
  };
  const limits = {
    env,
    network: path === null ? ("host" as const) : ("none" as const),
    readable: path === null ? [] : [path],
    writable: [],
  };
  const git: Git = (args, options = {}) =>
    ctx.exec("git", [...guards, "-C", folder, ...args], { ...limits, ...options });
  await ctx.exec("git", [...guards, "init", "--quiet", "--template=", folder], limits);
  return git;
}

function quote(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
