import type { RunEvent } from "../events.ts";
import { endpoint } from "./endpoint.ts";

/** An event of any run of the organization. */
export type FeedEvent = RunEvent & { run: string };

export const feed = {
  follow: endpoint({
    id: "feed.follow",
    method: "GET",
    path: "/events",
    summary: "Events of all runs of the organization, live: from now on, or behind `Last-Event-ID`.",
    scope: "read",
    resource: { kind: "anywhere" },
    produces: ["text/event-stream"],
  }),
} as const;
