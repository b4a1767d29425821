import type { RunEvent } from "../events.ts";
import type { EventCategory } from "./categories.ts";

/** An event with where it belongs. `run` and `seq` identify it: a sink may see one twice, after a crash. */
export type PublishedEvent = RunEvent & {
  readonly org: string;
  readonly run: string;
  readonly category: EventCategory;
};

/** Takes events away. Calls don't overlap; whatever one does, it harms neither the publisher nor other sinks. */
export interface EventSink {
  /** For metrics and logs; nothing secret. */
  readonly name: string;
  /** Rejects when the batch wasn't taken; it is tried a few times. `signal` ends a call that takes too long. */
  write(events: readonly PublishedEvent[], signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}
