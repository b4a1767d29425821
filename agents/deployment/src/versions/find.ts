import { defineTool } from "@gantry/sdk";
import { z } from "zod";
import { ReleaseNotFoundError } from "../errors.ts";
import { findVersion, lookAtDeployed } from "../host-process.ts";
import type { HostView, VersionView } from "../host/protocol.ts";
import { Commit, Health, ReleaseId, RequestPath, ServiceName } from "../schemas.ts";

/** Finds an earlier release of a service on this host. */
export const findRelease = defineTool({
  name: "deploy.find",
  version: "1.0.0",
  title: "Find the earlier release",
  effect: "reads",
  input: z.object({
    service: ServiceName,
    /** A release, or the beginning of a commit; the release before the present one when left out. */
    to: z
      .string()
      .regex(/^[0-9a-f]{7,64}(-[0-9a-f]{8})?$/)
      .optional(),
  }),
  output: z.object({ release: ReleaseId, commit: Commit, health: Health, versionPath: RequestPath.nullable() }),
  async run({ service, to }, ctx) {
    const view = await lookAtDeployed(service, ctx);
    const found = to === undefined ? previous(view) : matching(view, to);
    if (found === null) throw new ReleaseNotFoundError(service, to === undefined ? "earlier release" : `release ${to}`);
    return { release: found.id, commit: found.commit, health: found.health, versionPath: found.versionPath };
  },
});

function previous(view: HostView): VersionView | null {
  return findVersion(view, findVersion(view, view.active)?.switchedFrom ?? null);
}

/** The latest of several deployments of the same commit. */
function matching(view: HostView, to: string): VersionView | null {
  const found = view.versions.filter(({ id, commit }) => id === to || commit.startsWith(to));
  return found.toSorted((a, b) => b.startedAt - a.startedAt)[0] ?? null;
}
