import type { RunEvent } from "@gantry/sdk";

export interface EventPage {
  events: readonly RunEvent[];
  more: boolean;
}

/** `reading`: earlier ones are being read; `live`: everything up to now is there. */
export type EventListState = "reading" | "live" | "failed";

/** A run's history in order, each event once: pages from the server, and what the stream brings behind them. */
export interface EventList {
  readonly events: readonly RunEvent[];
  /** Where the event stands, or -1. */
  placeOf(seq: number): number;
  state(): EventListState;
  error(): unknown;
  /** Reads what is there. */
  start(): void;
  /** What the stream brought. One that is there is dropped; before one that doesn't follow, what is missing is read. */
  live(event: RunEvent): void;
  /** Something may have been missed, or reading failed: reads what there is behind the last one. */
  refresh(): void;
}

export interface EventListDeps {
  readPage(after: number): Promise<EventPage>;
  onChange(): void;
}

export function createEventList({ readPage, onChange }: EventListDeps): EventList {
  const events: RunEvent[] = [];
  /** Came ahead of what is missing before them. */
  const early = new Map<number, RunEvent>();
  let state: EventListState = "reading";
  let error: unknown = null;
  let reading = false;
  let again = false;

  const last = (): number => events.at(-1)?.seq ?? 0;
  const takeEarly = (): void => {
    for (let next = early.get(last() + 1); next !== undefined; next = early.get(last() + 1)) {
      early.delete(next.seq);
      events.push(next);
    }
    for (const seq of early.keys()) if (seq <= last()) early.delete(seq);
  };

  const read = async (): Promise<void> => {
    again = true;
    if (reading) return;
    reading = true;
    try {
      for (let more = false; more || again || early.size > 0;) {
        again = false;
        const before = last();
        const page = await readPage(before);
        // The server says what there is: where older ones were purged, its first one doesn't follow.
        for (const event of page.events) if (event.seq > last()) events.push(event);
        takeEarly();
        more = page.more;
        if (early.size > 0 && last() === before && !more) throw new Error(`Event ${last() + 1} isn't there.`);
        onChange();
      }
      state = "live";
    } catch (cause) {
      error = cause;
      state = "failed";
    }
    reading = false;
    onChange();
  };

  return {
    events,
    placeOf(seq) {
      // Numbers are dense; retention takes whole beginnings. So it stands there, or nowhere.
      const place = seq - (events[0]?.seq ?? 1);
      return events[place]?.seq === seq ? place : -1;
    },
    state: () => state,
    error: () => error,
    start: () => void read(),
    live(event) {
      if (event.seq <= last()) return;
      early.set(event.seq, event);
      if (reading) return;
      takeEarly();
      if (early.size > 0) void read();
      else onChange();
    },
    refresh() {
      if (state === "failed") state = "reading";
      void read();
    },
  };
}
