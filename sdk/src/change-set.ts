import { z } from "zod";
import { Digest, Json } from "./json.ts";
import { Effect, StepId } from "./plan.ts";
import { Preview } from "./tool.ts";

export const Risk = z.object({ level: z.enum(["low", "medium", "high", "critical"]), reasons: z.array(z.string()) });
export type Risk = z.infer<typeof Risk>;

/** What policy said, with the policies and the facts it said it of. */
export const Decision = z.object({
  result: z.enum(["allow", "deny", "require_approval"]),
  /** Ids of the policies that determined the result. */
  policies: z.array(z.string()),
  reasons: z.array(z.string()),
  facts: z.record(z.string(), Json),
  /** All must be met; only for `require_approval`. */
  approvals: z.array(z.object({ group: z.string(), count: z.int().min(1) })),
  /** True where policy lets one person stand for several of these groups; otherwise each approval is another person's. */
  shared: z.boolean().optional(),
});
export type Decision = z.infer<typeof Decision>;

export const ChangeSetEntry = z.object({
  /** Step key: the step's id, `[index]` behind it for an item of a loop. */
  step: z.string(),
  title: z.string(),
  tool: z.string(),
  /** Digest of the tool's package and of the binaries it uses, on the worker that previewed it. */
  fingerprint: z.string(),
  maximumEffect: Effect,
  /** From the preview; the maximum effect where there is none. */
  effect: Effect,
  /** Digest of the resolved input, or of the template where a part is known only after an earlier step. */
  input: Digest,
  deferred: z.boolean(),
  /** Runs only if a condition holds that can't be known yet. */
  conditional: z.boolean(),
  preview: Preview.nullable(),
});
export type ChangeSetEntry = z.infer<typeof ChangeSetEntry>;

export const UndoEntry = z.object({
  step: z.string(),
  possible: z.boolean(),
  how: z.string(),
  limits: z.array(z.string()),
});
export type UndoEntry = z.infer<typeof UndoEntry>;

/** Somebody who had a hand in the change and so can't approve it, under whatever name. */
export const Party = z.object({
  /** `requester`: of the run; `planner`: of what its plan was made from; `retrier`, `undoer`: who asked for that. */
  role: z.enum(["requester", "planner", "retrier", "undoer"]),
  id: z.string(),
  name: z.string(),
});
export type Party = z.infer<typeof Party>;

/** What an approval approves. Its hash covers every field. */
export const ChangeSet = z.object({
  format: z.literal(1),
  run: z.string(),
  /** `run`: before the first change; `undo`: an undo that somebody asked for; a step id: an approval wait in the plan. */
  gate: z.union([z.literal("run"), z.literal("undo"), StepId]),
  planDigest: Digest,
  goal: z.string(),
  environment: z.string(),
  entries: z.array(ChangeSetEntry),
  /** Digests of the outputs that the steps before the gate left (Terraform plans, scans, estimates). */
  prepared: z.record(z.string(), Digest),
  counts: z.object({ add: z.int(), change: z.int(), destroy: z.int() }),
  effect: Effect,
  risk: Risk,
  /** What is touched, and in which environment. */
  blastRadius: z.object({ environment: z.string(), touches: z.array(z.string()), omitted: z.int() }),
  undo: z.object({ automatic: z.boolean(), steps: z.array(UndoEntry) }),
  decision: Decision,
  parties: z.array(Party).optional(),
});
export type ChangeSet = z.infer<typeof ChangeSet>;
