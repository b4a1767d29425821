import { ToolFailedError, type ToolContext } from "@gantry/sdk";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SourceUnavailableError } from "./errors.ts";
import type { Configuration, GitSource, Source } from "./schemas.ts";

/** Gets a configuration and keeps it, so that every later step works on the same bytes. */
export async function fetchSource(
  source: Source,
  ctx: ToolContext,
): Promise<{ configuration: Configuration; commit: string | null }> {
  if ("configuration" in source) return { configuration: source.configuration, commit: null };
  if ("git" in source) {
    await checkOut(source.git, ctx);
    const files = await ctx.files.save("source", { exclude: [".git"] });
    return { configuration: { files, path: source.git.path }, commit: source.git.commit };
  }
  for (const [name, content] of Object.entries(source.files)) {
    const path = join(ctx.workdir, "source", name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return { configuration: { files: await ctx.files.save("source"), path: "" }, commit: null };
}

/**
 * A repository is hostile until proven otherwise: no hooks, no fsmonitor, no submodules, no protocol but three, no
 * configuration of the host, and links become plain files (they could point anywhere).
 */
const safe = ["core.fsmonitor=", "core.hooksPath=/dev/null", "core.symlinks=false", "protocol.allow=never"].concat(
  ["https", "ssh", "file"].map((protocol) => `protocol.${protocol}.allow=always`),
);
const safeArgs = safe.flatMap((setting) => ["-c", setting]);
const safeEnv = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ALLOW_PROTOCOL: "https:ssh:file",
  GIT_LFS_SKIP_SMUDGE: "1",
};

async function checkOut({ repository, commit, path }: GitSource, ctx: ToolContext): Promise<void> {
  const directory = join(ctx.workdir, "source");
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const local = repository.startsWith("file:") ? [fileURLToPath(repository)] : [];
  const git = (...args: string[]) =>
    ctx.exec("git", [...safeArgs, ...args], { cwd: "source", env: safeEnv, network: "host", readable: local });
  try {
    await git("init", "--quiet");
    await git("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", repository, commit);
    await git("checkout", "--quiet", "--detach", commit);
    // Fails when the folder isn't part of the commit.
    if (path !== "") await git("cat-file", "-e", `${commit}:${path}`);
  } catch (cause) {
    if (!(cause instanceof ToolFailedError)) throw cause;
    const shown = repository.replace(/\/\/[^/@]*@/, "//");
    throw new SourceUnavailableError(
      `Commit ${commit}${path === "" ? "" : ` (folder ${path})`} of ${shown} can't be had: ${cause.message}. Check the address, the commit, the folder and the access to it.`,
      { cause, details: { repository: shown, commit, path } },
    );
  }
}
