import { Readable } from "node:stream";
import { api } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { runMentions } from "../store/run-history.ts";
import type { ApiDeps } from "./deps.ts";
import { NotFoundError } from "./errors.ts";
import { route, sent } from "./route.ts";

/** GET /runs/:run/artifacts/:digest: only what the run's own history names, so that a digest alone opens nothing. */
export function runArtifactRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.runs.artifact, async ({ params, caller, reply, tx }) => {
    const artifact = await tx((db) => runMentions(db, params.run, params.digest));
    if (!artifact || !(await deps.blobs.has(caller.org, params.digest))) throw new NotFoundError();
    reply
      .header("content-type", "application/octet-stream")
      // Whatever it is, a browser must not run it here.
      .header("content-disposition", `attachment; filename="${params.digest.slice(7, 19)}"`)
      .header("cache-control", "private, immutable, max-age=31536000")
      .header("etag", `"${params.digest}"`);
    await reply.send(Readable.from(deps.blobs.get(caller.org, params.digest), { objectMode: false }));
    return sent;
  });
}
