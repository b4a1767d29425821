import type { ToolFacts } from "../plan.ts";
import type { RunState, StepState } from "./state.ts";

/** What the plan says of the step's tool; nothing for a wait or a sub-run. */
export function toolOf(state: RunState, { step }: StepState): ToolFacts | undefined {
  return step.kind === "tool" ? state.graph.tools.get(step.tool) : undefined;
}
