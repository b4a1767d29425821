import { z } from "zod";
import { Digest, Json, JsonObject } from "./json.ts";
import { Usage } from "./usage.ts";

/** What a tool may do at most. `drafts` writes only the attempt's working directory and artifacts. */
export const Effect = z.enum(["reads", "drafts", "changes", "destroys"]);
export type Effect = z.infer<typeof Effect>;
export const effectOrder: readonly Effect[] = Effect.options;

/** True for the effects that need an approved change set. */
export function touchesWorld(effect: Effect): boolean {
  return effect === "changes" || effect === "destroys";
}

/** Step ids are CEL identifiers, so that conditions can name them: `steps.build.output.commit`. */
export const StepId = z
  .string()
  .regex(/^[a-z][a-zA-Z0-9_]{0,62}$/, "A step id is a lower-case letter, then letters, digits or _, 63 at most.");

/**
 * JSON with references in it, resolved when the step starts:
 * `{"$ref": ["build", "commit"]}` a step's output (path into it), `{"$item": ["name"]}` the loop's item,
 * `{"$run": "id"}` a fact of the run, `{"$join": ["http://", {"$ref": …}]}` text put together,
 * `{"$secret": "name"}` a SecretRef, which stays a reference until the worker hands it to the tool.
 */
export const Template = Json;
export type Template = Json;

export const Retry = z.object({
  /** Tries in all, the first one included. */
  attempts: z.int().min(1).max(100).default(1),
  initialMs: z.int().min(0).default(1_000),
  factor: z.number().min(1).max(10).default(2),
  maxMs: z.int().min(0).default(60_000),
});
export type Retry = z.infer<typeof Retry>;

const stepBase = {
  id: StepId,
  title: z.string().max(200).optional(),
  /** Steps that must have succeeded (or been skipped) first, besides those that the input refers to. */
  after: z.array(StepId).default([]),
  /** CEL over `steps`, `item`, `run`; false skips the step. */
  when: z.string().max(4_000).optional(),
  /** A list (or a reference to one): the step runs once per item, at most `parallel` at a time. */
  each: Template.optional(),
  parallel: z.int().min(1).max(1_000).optional(),
};

export const ToolStep = z.object({
  ...stepBase,
  kind: z.literal("tool"),
  agent: z.string(),
  tool: z.string(),
  input: Template,
  timeoutMs: z.int().min(1).optional(),
  retry: Retry.optional(),
  /** At most one attempt per key and organization at a time, over all runs. */
  concurrencyKey: Template.optional(),
  /** `none` leaves the step's effect in place when the run is undone; the undo plan says so. */
  undo: z.enum(["tool", "none"]).default("tool"),
});

export const WaitFor = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("duration"), ms: z.int().min(0) }),
  z.object({ kind: z.literal("time"), at: Template }),
  z.object({ kind: z.literal("signal"), name: z.string().min(1).max(100), timeoutMs: z.int().min(1).optional() }),
  z.object({
    kind: z.literal("approval"),
    group: z.string().min(1),
    count: z.int().min(1).max(20).default(1),
    timeoutMs: z
      .int()
      .min(1)
      .default(24 * 3_600_000),
  }),
]);
export type WaitFor = z.infer<typeof WaitFor>;

export const WaitStep = z.object({ ...stepBase, kind: z.literal("wait"), for: WaitFor });

/** A sub-run of the same organization: its own plan, change set and history. */
export const RunStep = z.object({
  ...stepBase,
  kind: z.literal("run"),
  runbook: z.string(),
  parameters: Template,
});

export const Step = z.discriminatedUnion("kind", [ToolStep, WaitStep, RunStep]);
export type Step = z.infer<typeof Step>;
export type ToolStep = z.infer<typeof ToolStep>;
export type WaitStep = z.infer<typeof WaitStep>;
export type RunStep = z.infer<typeof RunStep>;

/** What the engine must know of a tool; frozen into the plan, so that a plan always runs as it was shown. */
export const ToolFacts = z.object({
  name: z.string(),
  version: z.string(),
  /** Digest of the tool's package: schemas, code and declarations. */
  digest: z.string(),
  effect: Effect,
  idempotent: z.boolean(),
  /** Which of the optional functions the tool has. */
  preview: z.boolean(),
  inspect: z.boolean(),
  verify: z.boolean(),
  undo: z.boolean(),
  timeoutMs: z.int().min(1),
  retry: Retry,
  /** Names of what it reaches: limits and breakers go by them. */
  connections: z.array(z.string()).optional(),
  /** What one attempt uses at most. */
  worstCase: Usage.optional(),
});
export type ToolFacts = z.infer<typeof ToolFacts>;

/** What a step came to in another run. It is taken over as it was recorded there, not carried out again. */
export const Fact = z.object({
  status: z.enum(["succeeded", "skipped"]),
  output: Json,
  from: z.object({ run: z.string(), step: z.string() }),
});
export type Fact = z.infer<typeof Fact>;

export const Plan = z.object({
  /** Version of this format. */
  format: z.literal(1),
  goal: z.string().max(2_000),
  /** What it was made from. `digest` is that of the file, where the runbook is one. */
  runbook: z.object({ name: z.string(), version: z.string(), digest: Digest.optional() }).nullable(),
  parameters: JsonObject,
  /** Variables that it was made with, and their values of that moment: what is set later doesn't change it. */
  variables: z.record(z.string(), z.string()).optional(),
  environment: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  steps: z.array(Step).min(1).max(1_000),
  tools: z.array(ToolFacts),
  /** From where text came that whoever proposed it had read, and that nobody vouches for: policy sees that there was any. */
  tainted: z.array(z.string().max(200)).max(100).optional(),
  /** By step. Only a fork has any, and only the platform makes them. */
  facts: z.record(StepId, Fact).optional(),
  /** What happens when a step fails for good: leave things as they are, or undo what was done. */
  onFailure: z.enum(["stop", "undo"]),
  /** Milliseconds from the run's start; then the run is stopped and `onFailure` applies. */
  deadlineMs: z.int().min(1).optional(),
  /** One run per key and organization at a time; later runs wait their turn. */
  concurrencyKey: z.string().max(200).optional(),
});
export type Plan = z.infer<typeof Plan>;
