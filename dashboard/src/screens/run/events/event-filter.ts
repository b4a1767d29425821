import type { RunEvent } from "@gantry/sdk";
import { summaryOf } from "./event-summary.ts";

/** Places of the events that a text is found in, looked for in parts. */
export interface EventFilter {
  advance(isLate: () => boolean): boolean;
  readonly places: readonly number[];
}

export function createEventFilter(events: readonly RunEvent[], wanted: string): EventFilter {
  const needle = wanted.toLowerCase();
  const places: number[] = [];
  let looked = 0;
  return {
    places,
    advance(isLate) {
      while (looked < events.length) {
        const end = Math.min(events.length, looked + 200);
        for (; looked < end; looked += 1) if (fits(events[looked])) places.push(looked);
        if (isLate()) return looked === events.length;
      }
      return true;
    },
  };

  function fits(event: RunEvent | undefined): boolean {
    if (event === undefined) return false;
    return `${event.seq} ${event.type} ${event.actor.name} ${summaryOf(event)}`.toLowerCase().includes(needle);
  }
}
