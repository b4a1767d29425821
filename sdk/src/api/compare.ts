import { z } from "zod";
import { Json } from "../json.ts";
import { endpoint } from "./endpoint.ts";
import { RunSummary } from "./runs.ts";
import { Uuid } from "./common.ts";

/** Where two values differ. `a` or `b` is absent where there is nothing; what is secret or long is replaced by a text. */
export const Difference = z.object({ path: z.string(), a: Json.optional(), b: Json.optional() });
export type Difference = z.infer<typeof Difference>;

export const PlanComparison = z.object({
  same: z.boolean(),
  /** Steps that only the second plan has, and those that only the first one has. */
  added: z.array(z.string()),
  removed: z.array(z.string()),
  /** Differences of the steps' definitions; a path begins with the step. */
  steps: z.array(Difference),
  /** Everything else: goal, environment, deadline, what happens on failure. */
  frame: z.array(Difference),
});
export type PlanComparison = z.infer<typeof PlanComparison>;

/** One step of one run, in numbers. */
export const StepMeasure = z.object({
  status: z.string(),
  /** Attempts of `run`, and of anything. */
  runs: z.int(),
  attempts: z.int(),
  failures: z.int(),
  /** What its attempts took together, in milliseconds. */
  ms: z.number(),
  error: z.string().nullable(),
});
export type StepMeasure = z.infer<typeof StepMeasure>;

export const StepComparison = z.object({
  step: z.string(),
  a: StepMeasure.nullable(),
  b: StepMeasure.nullable(),
  /** Inputs with their references resolved. */
  input: z.array(Difference),
  output: z.array(Difference),
});
export type StepComparison = z.infer<typeof StepComparison>;

const Times = z.object({
  /** Milliseconds from creation to the first event of work, of all attempts together, and to the end or now. */
  queuedMs: z.number(),
  workedMs: z.number(),
  totalMs: z.number(),
});

/** What differs between two runs. Lists are cut; `omitted` says how many differences are not shown. */
export const RunComparison = z.object({
  a: RunSummary,
  b: RunSummary,
  /** True when nothing but time differs. */
  same: z.boolean(),
  parameters: z.array(Difference),
  plan: PlanComparison,
  /** Tools whose version or package differs, or that only one plan uses. */
  tools: z.array(z.object({ tool: z.string(), a: z.string().nullable(), b: z.string().nullable() })),
  timing: z.object({ a: Times, b: Times }),
  /** Steps that differ in anything but time; with the others, in plan order, when they took attempts. */
  steps: z.array(StepComparison),
  /** Of the newest change set of each. */
  changeSet: z.object({
    a: z.string().nullable(),
    b: z.string().nullable(),
    differences: z.array(Difference),
  }),
  omitted: z.int(),
});
export type RunComparison = z.infer<typeof RunComparison>;

export const comparison = {
  compare: endpoint({
    id: "runs.compare",
    method: "GET",
    path: "/runs/:run/compare/:other",
    summary: "What differs between two runs: inputs, plan, tools, timing, attempts, outputs, change set.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: z.object({ run: Uuid, other: Uuid }),
    answer: RunComparison,
  }),
} as const;
