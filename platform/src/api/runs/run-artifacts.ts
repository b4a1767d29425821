import { Readable } from "node:stream";
import type { JsonObject } from "@gantry/sdk";
import { api, type RunArtifact } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { artifactsOf } from "../../domain/artifacts-of.ts";
import { readArtifactEvents, runMentions } from "../../store/journal/run-history.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { route, sent } from "../http/route.ts";
import { assertRun } from "./run-access.ts";

/** Looked at per request. What one of them holds at most is the journal's limit of an event. */
const pageSize = 200;

/** The artifacts of a run, and the content of one: only what the run's own history names, so that a digest alone opens nothing. */
export function runArtifactRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.runs.artifacts, async ({ params, query, tx }) => {
    const events = await tx(async (db) => {
      await assertRun(db, params.run);
      return readArtifactEvents(db, params.run, query.after, pageSize + 1);
    });
    const page = events.slice(0, pageSize);
    const items: RunArtifact[] = page.flatMap(({ seq, at, data }) => {
      const { step, attemptId } = data as JsonObject;
      return Array.from(artifactsOf(data).values(), ({ $artifact, name, bytes, contentType }) => ({
        digest: $artifact as RunArtifact["digest"],
        name,
        bytes,
        contentType,
        seq,
        at: new Date(Number(at)).toISOString(),
        step: typeof step === "string" ? step : null,
        attempt: typeof attemptId === "string" ? attemptId : null,
      }));
    });
    return { items, after: page.at(-1)?.seq ?? query.after, more: events.length > page.length };
  });

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
