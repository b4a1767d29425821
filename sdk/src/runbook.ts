import { z } from "zod";
import type { Plan } from "./plan.ts";
import type { PlanBuilder } from "./plan-builder.ts";

/** Why a runbook shouldn't be used any more. */
export const Deprecation = z.strictObject({
  since: z.string().min(1).max(100).describe("Since which version, or which date"),
  use: z.string().min(1).max(200).optional().describe("Runbook to use instead, such as shop.release@2.0.0"),
  reason: z.string().min(1).max(1_000).optional().describe("Why, in a sentence"),
});
export type Deprecation = z.infer<typeof Deprecation>;

/** The value of a variable where the plan is made. @throws VariableUnknownError where none is set. */
export type ReadVariable = (name: string) => string;

export interface RunbookSpec<Parameters extends z.ZodObject> {
  /** `agent.verb`, such as `terraform.apply`. */
  name: `${string}.${string}`;
  version: string;
  title: string;
  description?: string;
  /** What it is for, in the words of somebody who wants it: "deploy a service". A goal in words is matched with these. */
  intents?: readonly string[];
  /** Whole sentences that it is the right answer to, with values in them: "ship checkout 1.4 to staging". */
  examples?: readonly string[];
  /** Still to be had, but something else should be used. Whoever uses it is told. */
  deprecated?: Deprecation;
  parameters: Parameters;
  onFailure?: Plan["onFailure"];
  deadlineMs?: number;
  concurrencyKey?: (parameters: z.infer<Parameters>, environment: string, variable: ReadVariable) => string;
  /** Pure: the same parameters give the same plan. */
  plan: (plan: PlanBuilder, parameters: z.infer<Parameters>) => void;
}

/** A runbook as the platform sees it, the type of its parameters forgotten. */
export interface Runbook {
  readonly spec: RunbookSpec<z.ZodObject>;
  readonly name: string;
}

/** Declares a versioned procedure: a pure function from typed parameters to a plan. */
export function defineRunbook<Parameters extends z.ZodObject>(spec: RunbookSpec<Parameters>): Runbook {
  return { spec, name: spec.name };
}
