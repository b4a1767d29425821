import { z } from "zod";
import { Json, JsonObject } from "../json.ts";
import { Text } from "./common.ts";
import { Difference, PlanComparison } from "./compare.ts";
import { endpoint } from "./endpoint.ts";
import { RunParams, RunSummary } from "./runs.ts";

const how = {
  goal: Text(2_000).optional(),
  priority: z.int().min(-10).max(10).default(0),
  dryRun: z.boolean().default(false),
};

export const ForkRun = z
  .object({
    /** The step that is carried out anew, and with it everything behind it. */
    from: z.string().min(1).max(200),
    /** Edits of inputs; `step` is the fork point unless given. */
    set: z
      .array(
        z
          .object({
            step: z.string().min(1).max(200).optional(),
            path: z
              .array(z.union([z.string().max(500), z.int().min(0)]))
              .min(1)
              .max(50),
            value: Json,
          })
          .strict(),
      )
      .max(200)
      .default([]),
    /** Other items, where the fork point is a loop. */
    each: Json.optional(),
    ...how,
  })
  .strict();
export type ForkRun = z.input<typeof ForkRun>;

export const ForkAnswer = RunSummary.extend({
  /** Steps whose outputs are taken over as facts. */
  kept: z.array(z.string()),
  /** Steps that are carried out. */
  again: z.array(z.string()),
  /** Of those: steps whose effect in the source stays in place. */
  standing: z.array(z.string()),
});
export type ForkAnswer = z.infer<typeof ForkAnswer>;

export const RerunRun = z
  .object({
    /** Those that are to differ; the others stay. */
    parameters: JsonObject,
    ...how,
  })
  .strict();

export const RerunAnswer = RunSummary.extend({
  /** What is other than in the run that it is a retry of. */
  parameters: z.array(Difference),
  plan: PlanComparison,
});
export type RerunAnswer = z.infer<typeof RerunAnswer>;

/** New runs that are made from one that has ended. `origin` of the new run says from which, and how. */
export const derivedRuns = {
  real: endpoint({
    id: "runs.real",
    method: "POST",
    path: "/runs/:run/real",
    summary: "Carry out what a dry run showed, as a new run of the same plan.",
    scope: "run",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    body: z.object({ priority: how.priority }).strict(),
    answer: RunSummary,
    status: 201,
  }),
  fork: endpoint({
    id: "runs.fork",
    method: "POST",
    path: "/runs/:run/fork",
    summary:
      "Start a new run from a step of one that has ended, with edited inputs; what stood before it isn't repeated.",
    scope: "run",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    body: ForkRun,
    answer: ForkAnswer,
    status: 201,
  }),
  rerun: endpoint({
    id: "runs.rerun",
    method: "POST",
    path: "/runs/:run/rerun",
    summary: "Retry a run with other parameters: a new run of a new plan by the same version of its runbook.",
    scope: "run",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    body: RerunRun,
    answer: RerunAnswer,
    status: 201,
  }),
} as const;
