import { api, type AnswerPart, type RunParams } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { archivedAt } from "../../store/records/archive.ts";
import { inOrganization } from "../../store/organization.ts";
import { readRunEvents } from "../../store/journal/run-history.ts";
import type { ApiDeps } from "../deps.ts";
import { InvalidRequestError } from "../errors.ts";
import { openEventStream, wantsEvents, type EventStream, type OpenStreams } from "../http/event-stream.ts";
import { assertRun } from "./run-access.ts";
import { route, sent } from "../http/route.ts";
import type { StreamGuards } from "../http/stream-guards.ts";
import type { Watch } from "../http/watch.ts";

const pageSize = 200;
/** Parts of answers, of at most 1,000 characters each. */
const mostWaiting = 200;

/** GET /runs/:run/events: a page of the history, or the history live. */
export function runEventRoutes(
  app: FastifyInstance,
  deps: ApiDeps,
  watch: Watch,
  open: OpenStreams,
  guards: StreamGuards,
): void {
  route(app, deps, api.runs.events, async ({ params, query, caller, request, reply, tx }) => {
    if (!wantsEvents(request)) {
      const events = await tx(async (db) => {
        await assertRun(db, params.run);
        return readRunEvents(db, params.run, query.after, query.limit + 1);
      });
      const page = events.slice(0, query.limit);
      return { events: page, after: page.at(-1)?.seq ?? query.after, more: events.length > page.length };
    }
    const after = lastEventId(request.headers["last-event-id"]) ?? query.after;
    // A purged run has its stream as well: who read a part of it is told what became of the rest.
    const ended = await tx(async (db) => {
      const archived = await archivedAt(db, params.run);
      if (archived === null) await assertRun(db, params.run);
      return archived;
    });
    const stream = openEventStream(deps, open, request, reply);
    guards.watch({
      endpoint: api.runs.events,
      caller,
      request,
      parts: { params, query },
      until: stream.signal,
      onLost: () => stream.end("access_lost"),
    });
    if (query.parts) showParts(deps, stream, { org: caller.org, run: params.run });
    const following = follow(deps, watch, stream, { org: caller.org, ...params, after, ended }).catch(
      (err: unknown) => {
        deps.log.error({ err, requestId: request.id, run: params.run }, "A stream of events broke");
        stream.end("error");
      },
    );
    open.fill(following);
    return sent;
  });
}

/** Answers while they come. For a reader who is behind nothing is kept: the next that is told whole, or the journal, makes up for it. */
function showParts({ readers }: ApiDeps, stream: EventStream, at: { org: string; run: string }): void {
  const waiting: AnswerPart[] = [];
  let sending = false;
  const send = async (): Promise<void> => {
    sending = true;
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift())
      await stream.send({ event: "answer.part", data: part });
    sending = false;
  };
  const stop = readers.follow(at, (part) => {
    if (waiting.length < mostWaiting) waiting.push(part);
    if (!sending) void send();
  });
  stream.signal.addEventListener("abort", stop, { once: true });
}

/** The run's events behind `after`, and then each as it is committed. */
async function follow(
  deps: ApiDeps,
  watch: Watch,
  stream: EventStream,
  from: z.infer<typeof RunParams> & { org: string; after: number; ended: number | null },
): Promise<void> {
  let { after, ended } = from;
  while (!stream.signal.aborted) {
    const events = await inOrganization(deps.pool, from.org, (db) => readRunEvents(db, from.run, after, pageSize));
    // Purged meanwhile, or before, or in part.
    if (events.length === 0) ended ??= await inOrganization(deps.pool, from.org, (db) => archivedAt(db, from.run));
    const whole = events[0] === undefined ? (ended ?? after) : events[0].seq - 1;
    if (whole > after) {
      await stream.send({ event: "reset", id: String(whole), data: { reason: "history_purged", after: whole } });
      after = whole;
    }
    for (const event of events) await stream.send({ id: String(event.seq), event: event.type, data: event });
    after = events.at(-1)?.seq ?? after;
    if (events.length < pageSize) await watch.run(from.org, from.run, after, stream.signal);
  }
}

/** @throws InvalidRequestError when it isn't one that this stream gave. */
function lastEventId(header: string | string[] | undefined): number | null {
  if (header === undefined || header === "") return null;
  const seq = typeof header === "string" && /^\d{1,9}$/.test(header) ? Number(header) : null;
  if (seq === null) throw new InvalidRequestError([{ path: "Last-Event-ID", message: "must be the id of an event" }]);
  return seq;
}
