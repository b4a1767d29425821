import { z } from "zod";
import { Operation } from "../events.ts";
import { endpoint } from "./endpoint.ts";
import { AttemptView, RunParams, StepView, Waiting } from "./runs.ts";

/** Unix milliseconds. `to` is null while it goes on. */
const span = { from: z.number(), to: z.number().nullable() };

/** One attempt, or several that are too close to each other to be told apart. */
export const TimelineBar = z.object({
  ...span,
  /** Null where several are one bar. */
  attempt: z.string().nullable(),
  operation: Operation.nullable(),
  /** Of several the worst. */
  status: AttemptView.shape.status,
  count: z.int(),
});
export type TimelineBar = z.infer<typeof TimelineBar>;

/** Time in which something was waited for. */
export const TimelineWait = z.object({ ...span, on: Waiting.shape.on, detail: z.string() });
export type TimelineWait = z.infer<typeof TimelineWait>;

export const TimelineRow = z.object({
  step: z.string(),
  title: z.string(),
  status: StepView.shape.status,
  /** Steps that this row stands for: more than one where a loop's items share the loop's row. */
  steps: z.int(),
  bars: z.array(TimelineBar),
  waits: z.array(TimelineWait),
});
export type TimelineRow = z.infer<typeof TimelineRow>;

/** A run over time, summarized: its size doesn't grow with the number of attempts. */
export const RunTimeline = z.object({
  ...span,
  /** The server's time of this answer: what goes on has lasted until then. */
  now: z.number(),
  rows: z.array(TimelineRow),
  /** Rows that were left out, and what they stand for in attempts. */
  omitted: z.object({ rows: z.int(), attempts: z.int() }),
  /** Waits of the whole run: for approval, paused, halted, frozen. */
  waits: z.array(TimelineWait),
  /** When no attempt was under way for long, and what it waited for then, where that is known. */
  gaps: z.array(z.object({ ...span, on: Waiting.shape.on.nullable() })),
  attempts: z.int(),
});
export type RunTimeline = z.infer<typeof RunTimeline>;

export const timeline = {
  timeline: endpoint({
    id: "runs.timeline",
    method: "GET",
    path: "/runs/:run/timeline",
    summary: "When what of the run was under way, what it waited for, and when nothing happened.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    query: z.object({
      /** A row for each item of a loop, instead of one for the loop. */
      full: z.stringbool().default(false),
    }),
    answer: RunTimeline,
  }),
} as const;
