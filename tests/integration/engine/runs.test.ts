import { expect, test } from "vitest";
import { startTestEngine } from "../../support/engine.ts";

const echo = { name: "test.echo", run: ({ input }: { input: unknown }) => input as never };

test("a run of three steps goes from claim to finished, one commit per step", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  await engine.startWorker();
  const run = await engine.submit(
    engine.plan([
      { id: "a", tool: "test.echo", input: { n: 1 } },
      { id: "b", tool: "test.echo", input: { from: { $ref: ["a", "n"] } } },
      { id: "c", tool: "test.echo", input: { from: { $ref: ["b", "from"] } } },
    ]),
  );
  expect(await engine.reaches(run, "succeeded", "failed", "quarantined")).toBe("succeeded");
  expect(await engine.types(run)).toEqual([
    "run.created",
    "run.started",
    "attempt.started",
    "attempt.succeeded",
    "attempt.started",
    "attempt.succeeded",
    "attempt.started",
    "attempt.succeeded",
    "run.finished",
  ]);
  expect(await engine.status(run)).toMatchObject({ owner: null, seq: 9 });
});
