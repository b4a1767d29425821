import { expect, test } from "vitest";
import { figuresOf, judgeAll } from "../../bench/goals/evaluate.ts";

test("the sentences that the planner was built with are still understood as well as they were", async () => {
  const judged = await judgeAll("development");
  const { top1, slotF1, falseAcceptance, answered } = figuresOf(judged);
  expect(top1).toBeGreaterThanOrEqual(0.98);
  expect(slotF1).toBeGreaterThanOrEqual(0.98);
  expect(answered).toBeGreaterThanOrEqual(0.95);
  expect(falseAcceptance).toBe(0);
});

test("what destroys is never taken for said when the label says that it must be asked for", async () => {
  const judged = await judgeAll("development");
  const destroying = judged.filter(({ labelled, read }) => labelled.outcome !== "run" && read.effect === "destroys");
  expect(destroying.length).toBeGreaterThan(20);
  expect(destroying.filter(({ read }) => read.status === "ready").map(({ labelled }) => labelled.text)).toEqual([]);
});
