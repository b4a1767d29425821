import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { defineTool, digestOf, FilesRef } from "@gantry/sdk";
import { z } from "zod";
import { Commit, Procedure, ReleaseId, ServiceName } from "../schemas.ts";
import { ensureSelfContained } from "./tree.ts";

/** Runs the build commands over the source, in the sandbox; what they leave is the release. */
export const buildRelease = defineTool({
  name: "deploy.build",
  version: "1.0.0",
  title: "Build the release",
  effect: "drafts",
  timeoutMs: 30 * 60_000,
  input: z.object({ service: ServiceName, commit: Commit, source: FilesRef, procedure: Procedure }),
  output: z.object({ release: ReleaseId, commit: Commit, files: FilesRef }),
  async run({ service, commit, source, procedure }, ctx) {
    const tree = join(ctx.workdir, "release");
    await mkdir(tree, { recursive: true });
    await ctx.files.restore(source, tree);
    for (const [command = "", ...args] of procedure.build) {
      ctx.log(`Building: ${[command, ...args].join(" ")}`);
      await ctx.exec(command, args, { cwd: "release", network: procedure.network });
    }
    // A build may have made links of its own, such as those of npm workspaces.
    await ensureSelfContained(tree);
    const files = await ctx.files.save(tree);
    return { release: releaseId({ service, commit, run: ctx.runId, procedure }), commit, files };
  },
});

/**
 * One per run and manifest: building again in the same run gives the same release, deploying the same commit again gives a
 * new one, which takes up new variables and secrets.
 */
function releaseId(facts: { service: string; commit: string; run: string; procedure: Procedure }): string {
  return `${facts.commit.slice(0, 12)}-${digestOf(facts).slice("sha256:".length, "sha256:".length + 8)}`;
}
