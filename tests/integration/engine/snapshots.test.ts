import { expect, test } from "vitest";
import type { Json } from "@gantry/sdk";
import { startTestEngine, type TestEngine } from "../../support/engine.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";

const echo: MemoryTool = { name: "test.echo", run: ({ input }) => input };

test("a long run is taken over by its newest snapshot and the events behind it", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  const items = Array.from({ length: 400 }, (_, index) => ({ index, text: "\0 \ud800 ü" }));
  const run = await parkAfter(engine, items);
  // What lies before the snapshot is not read: an event there that no state could take does no harm.
  const { rowCount } = await engine.admin.query(
    `UPDATE events SET data = '{"step":"none"}' WHERE run_id = $1 AND seq = 5
       AND EXISTS (SELECT FROM runs WHERE id = $1 AND snapshot_seq >= 500)`,
    [run],
  );
  expect(rowCount).toBe(1);
  await engine.send(run, { kind: "signal", name: "go", payload: null });
  await engine.reaches(run, "succeeded");
  const last = (await engine.events(run)).findLast((event) => event.type === "attempt.succeeded");
  expect(last?.data).toMatchObject({ step: "last", output: items });
});

test("a damaged snapshot is ignored: the journal is folded from its start", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  const items = Array.from({ length: 400 }, (_, index) => index);
  const run = await parkAfter(engine, items);
  const { rowCount } = await engine.admin.query(
    "UPDATE runs SET snapshot = replace(snapshot::text, 'succeeded', 'failed')::json WHERE id = $1 AND snapshot_seq > 500",
    [run],
  );
  expect(rowCount).toBe(1);
  await engine.send(run, { kind: "signal", name: "go", payload: null });
  await engine.reaches(run, "succeeded");
  const last = (await engine.events(run)).findLast((event) => event.type === "attempt.succeeded");
  expect(last?.data).toMatchObject({ step: "last", output: items });
});

test("a short run that waits stores no snapshot", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  await engine.startWorker();
  const run = await engine.submit(
    engine.plan([
      { id: "a", tool: "test.echo", input: 1 },
      { id: "wait", kind: "wait", after: ["a"], for: { kind: "signal", name: "go" } },
    ]),
  );
  await engine.reaches(run, "waiting");
  const { rows } = await engine.admin.query("SELECT snapshot, snapshot_seq FROM runs WHERE id = $1", [run]);
  expect(rows).toEqual([{ snapshot: null, snapshot_seq: null }]);
});

/** A run that has done a step for each item and waits for its signal, in nobody's memory. */
async function parkAfter(engine: TestEngine, items: readonly Json[]): Promise<string> {
  await engine.startWorker();
  const plan = engine.plan([
    { id: "all", tool: "test.echo", each: items, input: { $item: [] } },
    { id: "wait", kind: "wait", after: ["all"], for: { kind: "signal", name: "go" } },
    { id: "last", tool: "test.echo", after: ["wait"], input: { $ref: ["all"] } },
  ]);
  const run = await engine.submit(plan);
  await engine.until(async () => {
    const { status, owner } = await engine.status(run);
    return status === "waiting" && owner === null;
  });
  return run;
}
