import { rm } from "node:fs/promises";
import { join } from "node:path";
import { defineTool, FilesRef } from "@gantry/sdk";
import { z } from "zod";
import { Commit, Manifest, Procedure, ServiceName } from "../schemas.ts";
import { openGit } from "./git.ts";
import { readManifest, resolveProcedure } from "./manifest.ts";
import { GitRef, Repository } from "./repository.ts";
import { fetchCommit } from "./resolve.ts";
import { ensureSelfContained } from "./tree.ts";

/** Pins a branch, tag or commit to its exact commit and takes the files of that commit. */
export const fetchSource = defineTool({
  name: "deploy.fetch",
  version: "1.0.0",
  title: "Fetch the source at its exact commit",
  effect: "drafts",
  timeoutMs: 10 * 60_000,
  retry: { attempts: 3 },
  binaries: [
    {
      anyOf: ["git"],
      minimum: "2.35.0",
      versionArgs: ["--version"],
      install: "Install git: https://git-scm.com/downloads",
    },
  ],
  input: z.object({
    service: ServiceName,
    repository: Repository,
    ref: GitRef,
    /** What the parameters say over the repository's own manifest. */
    overrides: Manifest,
  }),
  output: z.object({
    commit: Commit,
    /** First line of the commit's message. */
    subject: z.string(),
    source: FilesRef,
    procedure: Procedure,
  }),
  async run({ repository, ref, overrides }, ctx) {
    const git = await openGit(repository, "source", ctx);
    const commit = await fetchCommit(git, repository, ref);
    await git(["checkout", "--quiet", "--detach", "--no-recurse-submodules", commit]);
    const subject = (await git(["log", "-1", "--format=%s", "--no-show-signature", commit])).stdout
      .trim()
      .slice(0, 200);
    const tree = join(ctx.workdir, "source");
    await rm(join(tree, ".git"), { recursive: true });
    await ensureSelfContained(tree);
    const procedure = resolveProcedure(await readManifest(tree), overrides);
    ctx.log(`${ref} is ${commit}`, { subject });
    return { commit, subject, source: await ctx.files.save(tree), procedure };
  },
});
