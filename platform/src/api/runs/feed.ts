import type { Json } from "@gantry/sdk";
import { api } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  compareFeed,
  feedReachesBack,
  lastPurged,
  newestFeedPosition,
  readFeed,
  readIncarnation,
  type FeedPosition,
} from "../../store/journal/event-feed.ts";
import { inOrganization, inPlaces } from "../../store/organization.ts";
import { placesOf } from "../access/access.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import type { ApiDeps } from "../deps.ts";
import { openEventStream, type EventStream, type OpenStreams } from "../http/event-stream.ts";
import { route, sent } from "../http/route.ts";
import type { StreamGuards } from "../http/stream-guards.ts";
import type { Watch } from "../http/watch.ts";

const pageSize = 200;

interface Place {
  incarnation: string;
  position: FeedPosition | null;
  /** Up to where its reader knows that events were purged. Cursors of earlier releases don't have it. */
  told?: FeedPosition | null | undefined;
  /** Why events may be missing before it. */
  reset: string | null;
}

/** GET /events: the organization's events as they happen. */
export function feedRoutes(
  app: FastifyInstance,
  deps: ApiDeps,
  watch: Watch,
  open: OpenStreams,
  guards: StreamGuards,
): void {
  route(app, deps, api.feed.follow, async ({ caller, request, reply }) => {
    const place = await placeOf(deps, caller.org, request.headers["last-event-id"]);
    const seen = { org: caller.org, places: placesOf(caller) };
    const stream = openEventStream(deps, open, request, reply);
    guards.watch({
      endpoint: api.feed.follow,
      caller,
      request,
      parts: {},
      until: stream.signal,
      onLost: () => stream.end("access_lost"),
    });
    const following = follow(deps, watch, stream, seen, place).catch((err: unknown) => {
      deps.log.error({ err, requestId: request.id }, "A stream of events broke");
      stream.end("error");
    });
    open.fill(following);
    return sent;
  });
}

/** Where to begin: behind the last event that the client saw, or now. */
async function placeOf(deps: ApiDeps, org: string, lastId: string | string[] | undefined): Promise<Place> {
  return inOrganization(deps.pool, org, async (db) => {
    const incarnation = await readIncarnation(db);
    const purged = await lastPurged(db, org);
    const now = { incarnation, position: await newestFeedPosition(db, org), told: purged };
    if (typeof lastId !== "string" || lastId === "") return { ...now, reset: null };
    const seen = readCursor(deps.keyring, ["feed", org], lastId) as unknown as Omit<Place, "reset">;
    if (seen.incarnation !== incarnation) return { ...now, reset: "database_restored" };
    // What is left behind its place is still given out.
    if (isLost(purged, seen)) return { ...seen, told: purged, reset: "history_purged" };
    // Of what wasn't purged each event must be there; otherwise nothing is known of what followed it.
    const { position } = seen;
    if (position !== null && isBehind(purged, position) && !(await feedReachesBack(db, org, position))) {
      return { ...now, reset: "history_purged" };
    }
    return { ...seen, reset: null };
  });
}

async function follow(
  deps: ApiDeps,
  watch: Watch,
  stream: EventStream,
  { org, places }: { org: string; places: string[] | null },
  place: Place,
): Promise<void> {
  const { incarnation } = place;
  let { position, told } = place;
  const send = (event: string, at: FeedPosition | null, data: unknown): Promise<void> =>
    stream.send({
      event,
      id: signCursor(deps.keyring, ["feed", org], cursorOf({ incarnation, position: at, told })),
      data,
    });
  // Also without a reset the client learns where it stands, so that it misses nothing if the connection breaks now.
  if (place.reset === null) await send("ready", position, {});
  else await send("reset", position, { reason: place.reset });
  while (!stream.signal.aborted) {
    // Others' events, which a caller who sees a part doesn't get, must not be waited for again and again.
    const newest = places === null ? null : await inOrganization(deps.pool, org, (db) => newestFeedPosition(db, org));
    // In this order: what was purged before the page was read is surely seen.
    const { page, purged } = await inPlaces(deps.pool, { org, places }, async (db) => ({
      page: await readFeed(db, org, position, pageSize),
      purged: await lastPurged(db, org),
    }));
    if (isLost(purged, { position, told })) {
      told = purged;
      await send("reset", position, { reason: "history_purged" });
    }
    for (const one of page) await send(one.event.type, one.position, one.event);
    position = page.at(-1)?.position ?? position;
    if (newest !== null && page.length < pageSize && isBehind(position, newest)) position = newest;
    if (page.length < pageSize) await watch.feed(org, position, stream.signal);
  }
}

/** Whether events behind the place were purged that its reader wasn't told of. */
function isLost(purged: FeedPosition | null, { position, told = null }: Pick<Place, "position" | "told">): boolean {
  return purged !== null && isBehind(position, purged) && isBehind(told, purged);
}

function isBehind(position: FeedPosition | null, other: FeedPosition): boolean {
  return position === null || compareFeed(position, other) < 0;
}

function cursorOf({ incarnation, position, told = null }: Omit<Place, "reset">): Json {
  return { incarnation, position: position && { ...position }, told: told && { ...told } };
}
