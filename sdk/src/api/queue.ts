import { z } from "zod";
import { Operation } from "../events.ts";
import { Name, Page, PageQuery, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { RunStatus, RunSummary, Waiting } from "./runs.ts";

/** `in_line`: due, and no worker has it; `running`: a worker has it in hand; `waiting`: something else must happen first. */
export const QueueGroup = z.enum(["in_line", "running", "waiting"]);
export type QueueGroup = z.infer<typeof QueueGroup>;

/** An attempt that is under way. */
export const LiveStep = z.object({
  key: z.string(),
  title: z.string(),
  tool: z.string().nullable(),
  operation: Operation,
  attempt: z.int(),
  since: Timestamp,
  worker: z.string(),
  host: z.string(),
});
export type LiveStep = z.infer<typeof LiveStep>;

export const QueueItem = RunSummary.extend({
  group: QueueGroup,
  pool: z.string(),
  /** How long it has been in line, running or waiting. */
  since: Timestamp,
  /** Of those in line for its pool, 1 is next; null when it isn't in line. */
  place: z.int().nullable(),
  /** When a worker looks at it again by itself. */
  dueAt: Timestamp.nullable(),
  worker: Uuid.nullable(),
  /** The run that it waits for. */
  holder: z.string().nullable(),
  steps: z.array(LiveStep),
});
export type QueueItem = z.infer<typeof QueueItem>;

export const QueueQuery = PageQuery.extend({
  group: QueueGroup.optional(),
  status: RunStatus.optional(),
  on: Waiting.shape.on.optional(),
  project: Name.optional(),
  environment: Name.optional(),
  pool: z.string().max(200).optional(),
  /** `age`: the oldest first; `priority`: the most urgent first, then the oldest; `line`: whose turn is next. */
  sort: z.enum(["age", "priority", "line"]).default("age"),
});

export const QueueView = Page(QueueItem).extend({
  /** Of all that the filter leaves, whatever the group. */
  counts: z.object({
    groups: z.record(QueueGroup, z.int()),
    statuses: z.partialRecord(RunStatus, z.int()),
    on: z.partialRecord(Waiting.shape.on, z.int()),
  }),
});
export type QueueView = z.infer<typeof QueueView>;

export const queue = {
  list: endpoint({
    id: "queue.list",
    method: "GET",
    path: "/queue",
    summary: "Runs that haven't ended: in line, running or waiting; since when, for what, and who can end it.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: QueueQuery,
    answer: QueueView,
  }),
} as const;
