import { useEffect, useState } from "react";
import { useClient, useEvents, useLiveReset } from "../../../data/queries.ts";
import { useVersion } from "../../../ui/use-version.ts";
import { createEventList, type EventList } from "./event-list.ts";

/** As many as the API gives at once. */
const pageSize = 1_000;
/** Often enough to look immediate. */
const drawEveryMs = 40;

/** The run's history while a component (one per run) shows it: pages first, then the one stream. `version` changes with it. */
export function useEventList(run: string): { list: EventList; version: number } {
  const client = useClient();
  const [version, changed] = useVersion();
  const [list] = useState(() => {
    let drawing = false;
    return createEventList({
      readPage: (after) => client.runs.events(run, { after, limit: pageSize }),
      onChange: () => {
        if (drawing) return;
        drawing = true;
        setTimeout(() => {
          drawing = false;
          changed();
        }, drawEveryMs);
      },
    });
  });
  useEffect(() => list.start(), [list]);
  useEvents((event) => list.live(event), run);
  useLiveReset(() => list.refresh());
  return { list, version };
}
