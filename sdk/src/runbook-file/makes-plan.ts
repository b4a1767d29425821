import { digestOf, type Json, type JsonObject } from "../json.ts";
import { createPlanBuilder } from "../plan-builder.ts";
import { Step, type Plan } from "../plan.ts";
import type { Runbook } from "../runbook.ts";

/** A part of a plan that a runbook makes otherwise. */
export interface Deviation {
  /** A step's id, or another field of the plan. */
  part: string;
  wanted: Json;
  made: Json;
}

/**
 * What of a plan's steps a runbook makes otherwise with these parameters; nothing when they are the very same, but for titles where `titled` isn't set.
 * @throws ZodError for parameters that don't fit, and what making plans throws
 */
export function deviationsFrom(
  { spec }: Runbook,
  { steps, environment, variables }: Plan,
  { parameters, titled }: { parameters: JsonObject; titled: boolean },
): Deviation[] {
  const builder = createPlanBuilder(environment, variables ?? {});
  spec.plan(builder, spec.parameters.parse(parameters));
  const plain = (step: unknown): Json => {
    const { title, ...rest } = Step.parse(step);
    return (titled && title !== undefined ? { title, ...rest } : rest) as unknown as Json;
  };
  const made = new Map(builder.steps.map((step) => [step.id, plain(step)]));
  const order = [...made.keys()];
  const wrong = steps.flatMap((step, index): Deviation[] => {
    const [wanted, its] = [plain(step), made.get(step.id) ?? null];
    made.delete(step.id);
    return order[index] === step.id && digestOf(wanted) === digestOf(its) ? [] : [{ part: step.id, wanted, made: its }];
  });
  return [...wrong, ...[...made].map(([part, its]) => ({ part, wanted: null, made: its }))];
}
