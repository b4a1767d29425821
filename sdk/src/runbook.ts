import type { z } from "zod";
import type { Plan } from "./plan.ts";
import type { PlanBuilder } from "./plan-builder.ts";

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
  parameters: Parameters;
  onFailure?: Plan["onFailure"];
  deadlineMs?: number;
  concurrencyKey?: (parameters: z.infer<Parameters>, environment: string) => string;
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
