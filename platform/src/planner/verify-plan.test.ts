import { expect, test } from "vitest";
import type { Plan } from "@gantry/sdk";
import { withChecks, withChecksOf } from "./verify-plan.ts";

const planOf = (...ids: string[]): Plan =>
  ({
    steps: ids.map((id) => ({ kind: "tool", id, agent: "ops", tool: "ops.do", input: {}, after: [], undo: "tool" })),
  }) as unknown as Plan;

test("the checks of a goal are taken over to another plan for it, behind all that the plan does", () => {
  const before = withChecks(planOf("a"), [{ kind: "http", url: "http://127.0.0.1/health", status: 200 }]);
  const after = withChecksOf(before, planOf("b", "c"));
  expect(after.steps.map(({ id }) => id)).toEqual(["b", "c", "acceptance1"]);
  expect(after.steps.at(-1)).toMatchObject({ tool: "check.http", after: ["b", "c"] });
  expect(withChecksOf(planOf("a"), planOf("b")).steps).toHaveLength(1);
});
