import { z } from "zod";
import { ErrorData } from "../error-data.ts";
import { Difference, PlanComparison } from "./compare.ts";
import { endpoint } from "./endpoint.ts";
import { AttemptView, LogLine, RunParams, RunSummary } from "./runs.ts";

/** The line of an attempt's log that says first what went wrong, as far as that can be told, and the lines around it. */
export const FailingLine = z.object({
  attempt: z.string(),
  /** Within the attempt's log, from 1. */
  line: z.int(),
  stream: LogLine.shape.stream,
  /** Without escape sequences. */
  text: z.string(),
  before: z.array(z.string()),
  after: z.array(z.string()),
});
export type FailingLine = z.infer<typeof FailingLine>;

export const LastGoodRun = z.object({
  run: RunSummary,
  /** What this run has otherwise: `a` is the good one. */
  parameters: z.array(Difference),
  plan: PlanComparison,
  tools: z.array(z.object({ tool: z.string(), a: z.string().nullable(), b: z.string().nullable() })),
  /** Resolved inputs of the step that failed. */
  input: z.array(Difference),
  omitted: z.int(),
});
export type LastGoodRun = z.infer<typeof LastGoodRun>;

export const RunFailure = z.object({
  /** The step that failed first; null where the run ended without one, or nobody could say what a step came to. */
  step: z
    .object({
      key: z.string(),
      title: z.string(),
      tool: z.string().nullable(),
      child: z.string().nullable(),
      needsPerson: z.boolean(),
    })
    .nullable(),
  /** The latest attempt of it that failed. */
  attempt: AttemptView.nullable(),
  error: ErrorData,
  exitCode: z.int().nullable(),
  /** With its arguments, as it was started; secrets are hidden. */
  command: z.string().nullable(),
  host: z.string().nullable(),
  /** Attempts of that operation of the step, the first one included. */
  tries: z.int(),
  /** Other steps that failed, in the order in which they did. */
  alsoFailed: z.array(z.string()),
  line: FailingLine.nullable(),
  /** Its log is no longer kept, so there is no line. */
  logPurged: z.boolean(),
  /** The last run before it of this runbook in this environment that succeeded. */
  lastGood: LastGoodRun.nullable(),
});
export type RunFailure = z.infer<typeof RunFailure>;

export const failure = {
  failure: endpoint({
    id: "runs.failure",
    method: "GET",
    path: "/runs/:run/failure",
    summary:
      "What went wrong first: the line, exit code, command, host, tries, and what differs from the last good run.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    answer: z.object({ failure: RunFailure.nullable() }),
  }),
} as const;
