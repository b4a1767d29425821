import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { defineTool, FilesRef } from "@gantry/sdk";
import type { ToolContext } from "@gantry/sdk";
import { z } from "zod";
import {
  byOf,
  endIdleHost,
  ensureHost,
  ensurePortUsable,
  findVersion,
  lookAt,
  inspectService,
  placesOf,
} from "../host-process.ts";
import { Address, Commit, Port, Procedure, ReleaseId, ServiceName, Variables } from "../schemas.ts";
import { ensureSelfContained, makeReadOnly, makeWritable } from "../source/tree.ts";
import { between, describeRelease } from "./describe.ts";
import { removeRelease } from "./remove.ts";

/** Puts the release on this host and starts it beside the version that has the traffic. */
export const startVersion = defineTool({
  name: "deploy.start",
  version: "1.0.0",
  title: "Start the new version beside the old one",
  effect: "changes",
  idempotent: true,
  timeoutMs: 5 * 60_000,
  input: z.object({
    service: ServiceName,
    release: ReleaseId,
    commit: Commit,
    files: FilesRef,
    port: Port,
    address: Address,
    procedure: Procedure,
    env: Variables,
    secrets: Variables,
  }),
  output: z.object({ release: ReleaseId, commit: Commit, port: Port }),

  async preview({ service, release, commit, port, address }, ctx) {
    const view = await lookAt(service, ctx);
    await ensurePortUsable(view, { service, address, port }, ctx.environment);
    const active = findVersion(view, view?.active ?? null);
    return {
      summary: `Start ${service} at commit ${commit.slice(0, 12)} in ${ctx.environment}${active ? ` beside ${active.commit.slice(0, 12)}` : ""}; it gets no traffic yet.`,
      effect: "changes",
      counts: { add: 1, change: 0, destroy: 0 },
      touches: [describeRelease(service, release, ctx), `port ${address}:${port}`],
      undo: { possible: true, how: `Stop the new version and remove release ${release}.` },
    };
  },

  async run({ service, release, commit, files, port, address, procedure, env, secrets }, ctx) {
    await placeRelease(service, release, files, ctx);
    const host = await ensureHost(service, { service, address, port }, ctx);
    const { start, health, versionPath } = procedure;
    const view = await host.start(byOf(ctx), {
      id: release,
      commit,
      start,
      health,
      versionPath,
      env: { ...env, ...secrets },
    });
    return { release, commit, port: findVersion(view, release)?.port ?? 0 };
  },

  async inspect({ service, release, commit }, ctx) {
    const version = await inspectService(service, ctx, (view) => findVersion(view, release));
    if (version === "running") return { status: "running" };
    if (version === null || version.wanted !== "running" || version.port === null) return { status: "not_done" };
    return { status: "done", output: { release, commit, port: version.port } };
  },

  async undo({ service, release }, _output, ctx) {
    const view = await lookAt(service, ctx);
    const version = findVersion(view, release);
    if (view?.active === release)
      return {
        summary: `${service} was left as it is.`,
        left: [`Release ${release} has the traffic and was left running.`],
      };
    if (version?.status === "running" || version?.status === "restarting") {
      const host = await ensureHost(service, null, ctx);
      await host.stop(release, { by: byOf(ctx), ...between, retiredFor: null });
    }
    // What once had the traffic stays on disk as somebody may want to go back to it; deploy.retire clears it away in time.
    if (version === null || version.servedAt === null) await removeRelease(service, release, ctx);
    await endIdleHost(service, ctx);
    return { summary: `Release ${release} of ${service} was stopped.` };
  },
});

/** Unpacks aside and renames, so that a release is there whole or not at all. */
async function placeRelease(service: string, release: string, files: FilesRef, ctx: ToolContext): Promise<void> {
  const place = placesOf(service, ctx).release(release);
  if (existsSync(place)) return;
  const unpacked = join(ctx.workdir, "release");
  const aside = `${place}.${randomUUID()}.tmp`;
  await mkdir(dirname(place), { recursive: true, mode: 0o700 });
  try {
    await ctx.files.restore(files, unpacked);
    await ensureSelfContained(unpacked);
    await cp(unpacked, aside, { recursive: true, verbatimSymlinks: true });
    await makeReadOnly(aside);
    // Canceled meanwhile, nothing of it stays.
    ctx.signal.throwIfAborted();
    await rename(aside, place);
  } catch (error) {
    await makeWritable(aside).catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
    // Another attempt of this step was faster.
    if (!existsSync(place)) throw error;
  }
}
