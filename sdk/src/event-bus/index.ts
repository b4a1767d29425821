/**
 * `@gantry/sdk/event-bus`: events of runs to files, HTTP and whatever a sink is written for, without any of them in the way
 * of who publishes. Imports events and lib-like parts of the sdk only.
 */
export { categoryOf, eventCategories, type EventCategory } from "./categories.ts";
export { createEventBus, type EventBus, type SinkOptions, type SinkStats } from "./bus.ts";
export { createFileSink } from "./file-sink.ts";
export { createHttpSink } from "./http-sink.ts";
export type { EventSink, PublishedEvent } from "./sink.ts";
