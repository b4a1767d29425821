import { setTimeout as delay } from "node:timers/promises";
import { api, type LogLine } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { readLog, type LogLine as StoredLogLine } from "../../blobs/index.ts";
import { inOrganization } from "../../store/organization.ts";
import { hasPurgedLogs } from "../../store/records/retention-kinds.ts";
import { findRun } from "../../store/runs/run-list.ts";
import type { ApiDeps } from "../deps.ts";
import { LogsPurgedError, UnauthorizedError } from "../errors.ts";
import { route, sent } from "../http/route.ts";
import type { StreamGuards } from "../http/stream-guards.ts";
import { assertRun } from "./run-access.ts";

/** GET /runs/:run/logs: what its commands wrote, whole or as it grows. */
export function runLogRoutes(app: FastifyInstance, deps: ApiDeps, closing: AbortSignal, guards: StreamGuards): void {
  route(app, deps, api.runs.logs, async ({ params, query, caller, request, reply, tx }) => {
    await tx(async (db) => {
      await assertRun(db, params.run);
      if (await hasPurgedLogs(db, params.run)) throw new LogsPurgedError(params.run);
    });
    const json = (request.headers.accept ?? "").includes("application/x-ndjson");
    const gone = new AbortController();
    const lost = new AbortController();
    const signal = AbortSignal.any([gone.signal, closing, lost.signal]);
    const { attempt, after, tail, follow } = query;
    const log = {
      org: caller.org,
      run: params.run,
      ...(attempt === undefined ? {} : { attempt }),
      ...(after === undefined ? {} : { after }),
      ...(tail === undefined ? {} : { tail }),
    };
    const entries = follow ? followLog(deps, log, signal) : readLog({ pool: deps.pool, store: deps.blobs }, log);
    reply.raw.on("close", () => gone.abort());
    guards.watch({
      endpoint: api.runs.logs,
      caller,
      request,
      parts: { params, query },
      until: gone.signal,
      onLost: () => lost.abort(),
    });
    // The first entry is read before the answer begins, so that what is wrong can still be said by its status.
    const first = await entries.next();
    if (lost.signal.aborted) throw new UnauthorizedError();
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      "content-type": json ? "application/x-ndjson; charset=utf-8" : "text/plain; charset=utf-8",
      "cache-control": "no-store",
    });
    const write = async (entry: StoredLogLine): Promise<void> => {
      const chunk = json ? `${JSON.stringify(view(entry))}\n` : entry.data;
      if (!response.write(chunk) && !signal.aborted) await drained(response, signal);
    };
    try {
      if (first.done !== true) await write(first.value);
      for await (const entry of entries) {
        if (signal.aborted) break;
        await write(entry);
      }
      if (!lost.signal.aborted) response.end();
      else if (json) response.end(`${JSON.stringify({ closed: "access_lost" })}\n`);
      else throw new Error("Its reader may not read it any more.");
    } catch (err) {
      deps.log.error({ err, requestId: request.id, run: params.run }, "A log could not be read to its end");
      // An end without the last chunk tells the client that it doesn't have all of it.
      response.destroy();
    }
    return sent;
  });
}

/** The log until the run has ended and everything of it was read. */
async function* followLog(
  deps: ApiDeps,
  { tail, ...log }: { org: string; run: string; attempt?: string; after?: string; tail?: number },
  signal: AbortSignal,
): AsyncGenerator<StoredLogLine> {
  let after = log.after;
  while (!signal.aborted) {
    // Asked before reading: what was written until the end is then surely read.
    const row = await inOrganization(deps.pool, log.org, (db) => findRun(db, log.run));
    for await (const entry of readLog(
      { pool: deps.pool, store: deps.blobs },
      { ...log, ...(after === undefined ? (tail === undefined ? {} : { tail }) : { after }) },
    )) {
      yield entry;
      after = entry.cursor;
    }
    if (row === null || row.finishedAt !== null) return;
    await delay(deps.config.pollMs, undefined, { signal }).catch(() => undefined);
  }
}

function view({ cursor, attempt, stream, time, data }: StoredLogLine): LogLine {
  return { cursor, attempt, stream, at: new Date(time).toISOString(), text: Buffer.from(data).toString("utf8") };
}

async function drained(response: NodeJS.EventEmitter, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const go = (): void => resolve();
    response.once("drain", go);
    signal.addEventListener("abort", go, { once: true });
  });
}
