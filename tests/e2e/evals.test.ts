import { expect, test } from "vitest";
import { runEvals } from "../../evals/run.ts";

test("every agent that thinks answers each of its evaluation cases well, and without a model where it can", async () => {
  const results = await runEvals(null);
  expect(results.filter(({ problems }) => (problems?.length ?? 0) > 0)).toEqual([]);
  expect(new Set(results.map(({ agent }) => agent))).toEqual(
    new Set(["assistant", "planner", "terraform", "deploy", "reviewer"]),
  );
  expect(results.filter(({ problems }) => problems !== null).length).toBeGreaterThanOrEqual(8);
});
