import type { RunEvent } from "../events.ts";
import { categoryOf, type EventCategory } from "./categories.ts";
import type { EventSink, PublishedEvent } from "./sink.ts";

export interface SinkOptions {
  sink: EventSink;
  /** Only these; all unless told. */
  categories?: readonly EventCategory[];
  /** Events that wait at most; what comes when it is full is dropped and counted. */
  capacity?: number;
  /** Events per call at most. */
  batch?: number;
  /** For one call. */
  timeoutMs?: number;
  /** Tries of a batch; then it is dropped and counted. */
  attempts?: number;
}

export interface SinkStats {
  sink: string;
  written: number;
  /** Because the queue was full, the batch failed too often, or the bus was closed. */
  dropped: number;
  failures: number;
  waiting: number;
  /** A call goes on although its time is over; nothing more is given to the sink until it ends. */
  stuck: boolean;
}

export interface EventBus {
  /** Takes a moment, never throws and never waits. */
  publish(run: { id: string; org: string }, events: readonly RunEvent[]): void;
  stats(): SinkStats[];
  /** Gives sinks `graceMs` to take what waits; the rest is dropped and counted. */
  close(graceMs: number): Promise<void>;
}

/** Called once when a sink begins to lose events and once when it works again. */
export type SinkNotes = (sink: string, what: "failing" | "recovered", error: unknown) => void;

/** Each sink has a queue, a pump and an end of its patience: one that fails, hangs or is slow is alone with it. */
export function createEventBus(sinks: readonly SinkOptions[], note: SinkNotes = () => {}): EventBus {
  const lanes = sinks.map((options) => createLane(options, note));
  return {
    publish: (run, events) => {
      if (lanes.length === 0) return;
      for (const event of events) {
        const category = categoryOf(event.type);
        const published: PublishedEvent = Object.freeze({ ...event, org: run.org, run: run.id, category });
        for (const lane of lanes) lane.push(published);
      }
    },
    stats: () => lanes.map((lane) => lane.stats()),
    close: async (graceMs) => {
      await Promise.all(lanes.map((lane) => lane.close(graceMs)));
    },
  };
}

function createLane(
  { sink, categories, capacity = 10_000, batch = 200, timeoutMs = 10_000, attempts = 3 }: SinkOptions,
  note: SinkNotes,
) {
  const wanted = categories === undefined ? null : new Set(categories);
  const closing = new AbortController();
  let queue: PublishedEvent[] = [];
  let pumping: Promise<void> | null = null;
  let failing = false;
  let closed = false;
  const counts = { written: 0, dropped: 0, failures: 0, stuck: false };

  const pump = async (): Promise<void> => {
    // Not within the publisher's turn, and with all that it publishes in that turn.
    await Promise.resolve();
    while (queue.length > 0) {
      const events = queue.slice(0, batch);
      const taken = await deliver(events);
      // What was dropped from the queue meanwhile was counted then.
      queue = queue.slice(events.length);
      if (taken) counts.written += events.length;
      else counts.dropped += events.length;
    }
  };
  const deliver = async (events: readonly PublishedEvent[]): Promise<boolean> => {
    for (let tried = 1; ; tried += 1) {
      try {
        await call(events);
        if (failing) note(sink.name, "recovered", null);
        failing = false;
        return true;
      } catch (error) {
        counts.failures += 1;
        if (!failing) note(sink.name, "failing", error);
        failing = true;
        if (tried >= attempts || closing.signal.aborted) return false;
        await pause(100 * 4 ** tried, closing.signal);
      }
    }
  };
  const call = async (events: readonly PublishedEvent[]): Promise<void> => {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);
    const writing = (async () => sink.write(events, signal))();
    writing.catch(() => {});
    const given = await Promise.race([writing.then(() => "written"), aborted(signal)]);
    if (given === "written") return;
    // It was asked to end. As long as it doesn't, it gets nothing more: calls don't pile up in a sink that hangs.
    counts.stuck = true;
    await Promise.race([writing.catch(() => {}), aborted(closing.signal)]);
    counts.stuck = false;
    throw new Error(`The sink ${sink.name} took longer than ${timeoutMs} ms.`);
  };

  return {
    push: (event: PublishedEvent): void => {
      if (wanted !== null && !wanted.has(event.category)) return;
      if (closed || queue.length >= capacity) {
        counts.dropped += 1;
        return;
      }
      queue.push(event);
      pumping ??= pump().finally(() => (pumping = null));
    },
    stats: (): SinkStats => ({ sink: sink.name, ...counts, waiting: queue.length }),
    close: async (graceMs: number): Promise<void> => {
      closed = true;
      const cut = setTimeout(() => closing.abort(), graceMs);
      await pumping;
      clearTimeout(cut);
      await Promise.race([(async () => sink.close?.())().catch(() => {}), pause(graceMs, null)]);
    },
  };
}

function aborted(signal: AbortSignal): Promise<"aborted"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("aborted");
    else signal.addEventListener("abort", () => resolve("aborted"), { once: true });
  });
}

function pause(ms: number, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
