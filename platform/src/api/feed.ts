import { api } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  feedReachesBack,
  newestFeedPosition,
  readFeed,
  readIncarnation,
  type FeedPosition,
} from "../store/event-feed.ts";
import { inOrganization } from "../store/organization.ts";
import { readCursor, signCursor } from "./cursor.ts";
import type { ApiDeps } from "./deps.ts";
import { openEventStream, type EventStream, type OpenStreams } from "./event-stream.ts";
import { route, sent } from "./route.ts";
import type { Watch } from "./watch.ts";

const pageSize = 200;

interface Place {
  incarnation: string;
  position: FeedPosition | null;
  /** Why events may be missing before it. */
  reset: string | null;
}

/** GET /events: the organization's events as they happen. */
export function feedRoutes(app: FastifyInstance, deps: ApiDeps, watch: Watch, open: OpenStreams): void {
  route(app, deps, api.feed.follow, async ({ caller, request, reply }) => {
    const place = await placeOf(deps, caller.org, request.headers["last-event-id"]);
    const stream = openEventStream(deps, open, request, reply);
    const following = follow(deps, watch, stream, caller.org, place).catch((err: unknown) => {
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
    const now = await newestFeedPosition(db, org);
    if (typeof lastId !== "string" || lastId === "") return { incarnation, position: now, reset: null };
    const seen = readCursor(deps.keyring, ["feed", org], lastId) as unknown as Omit<Place, "reset">;
    if (seen.incarnation !== incarnation) return { incarnation, position: now, reset: "database_restored" };
    if (seen.position !== null && !(await feedReachesBack(db, org, seen.position))) {
      return { incarnation, position: now, reset: "history_purged" };
    }
    return { ...seen, reset: null };
  });
}

async function follow(deps: ApiDeps, watch: Watch, stream: EventStream, org: string, place: Place): Promise<void> {
  const { incarnation, reset } = place;
  let { position } = place;
  const idOf = (at: FeedPosition | null) =>
    signCursor(deps.keyring, ["feed", org], { incarnation, position: at === null ? null : { ...at } });
  // Also without a reset the client learns where it stands, so that it misses nothing if the connection breaks now.
  await stream.send({
    event: reset === null ? "ready" : "reset",
    id: idOf(position),
    data: reset === null ? {} : { reason: reset },
  });
  while (!stream.signal.aborted) {
    const page = await inOrganization(deps.pool, org, (db) => readFeed(db, org, position, pageSize));
    for (const one of page) await stream.send({ id: idOf(one.position), event: one.event.type, data: one.event });
    position = page.at(-1)?.position ?? position;
    if (page.length < pageSize) await watch.feed(org, position, stream.signal);
  }
}
