import { z } from "zod";
import { endpoint } from "./endpoint.ts";
import { RunParams, RunSummary } from "./runs.ts";

const priority = z.int().min(-10).max(10).default(0);

/** New runs that are made from one that has ended. `origin` of the new run says from which, and how. */
export const derivedRuns = {
  real: endpoint({
    id: "runs.real",
    method: "POST",
    path: "/runs/:run/real",
    summary: "Carry out what a dry run showed, as a new run of the same plan.",
    scope: "run",
    params: RunParams,
    body: z.object({ priority }).strict(),
    answer: RunSummary,
    status: 201,
  }),
} as const;
