import type { RunDetail, StepView } from "@gantry/sdk/api";
import type { GraphEdge } from "../../ui/graph/layout.ts";

/** What the graph shows of a step; of a loop with how many items it has. */
interface StepNode {
  step: StepView;
  /** Zero unless it is a loop. */
  items: number;
  /** Of a loop's items. */
  failed: number;
}

/** Steps of the plan; items of a loop are part of it. */
export function nodesOf({ steps }: Pick<RunDetail, "steps">): StepNode[] {
  const nodes = new Map<string, StepNode>();
  for (const step of steps) {
    const loop = step.key === step.id ? undefined : nodes.get(step.id);
    if (loop === undefined) nodes.set(step.key, { step, items: 0, failed: 0 });
    else {
      loop.items += 1;
      if (step.status === "failed" || step.needsPerson) loop.failed += 1;
    }
  }
  return [...nodes.values()];
}

export function edgesOf(nodes: readonly StepNode[]): GraphEdge[] {
  return nodes.flatMap(({ step }) => step.after.map((from) => ({ from, to: step.key })));
}

/** The step that a reader wants first: the one that failed, else one that is under way or waits. */
export function firstOfInterest(steps: readonly StepView[]): string | undefined {
  const bad = steps.findLast((step) => step.needsPerson || step.status === "failed" || step.undo?.status === "failed");
  return bad?.key;
}
