import { expect, test } from "vitest";
import { newId, startTestEngine, type TestEngine } from "../../support/engine.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";

/** A tool that writes down when it was called, by a clock that all workers of this process share. */
function noting(rest: Partial<MemoryTool> = {}): MemoryTool & { calls: { at: number; run: string }[] } {
  const calls: { at: number; run: string }[] = [];
  return {
    name: "test.call",
    connections: ["hub"],
    calls,
    run: ({ runId }) => {
      calls.push({ at: performance.now(), run: runId });
      return null;
    },
    ...rest,
  };
}

interface LimitSetting {
  kind: "rate" | "concurrency";
  tool?: string;
  connection?: string;
  amount: number;
  perMs?: number;
}

async function setLimit(engine: TestEngine, { kind, tool, connection, amount, perMs }: LimitSetting): Promise<string> {
  const id = newId();
  await engine.admin.query(
    "INSERT INTO limits (org, id, kind, tool, connection, amount, per_ms, actor) VALUES ($1, $2, $3, $4, $5, $6, $7, 'test')",
    [engine.organization.org, id, kind, tool ?? null, connection ?? null, amount, perMs ?? null],
  );
  return id;
}

/** The most that any stretch of that length saw. */
function busiest(times: readonly number[], stretch: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.max(...sorted.map((from, index) => sorted.slice(index).filter((at) => at < from + stretch).length));
}

test("no stretch of the limit's length sees more calls than the limit, with three workers and steps within and across runs", async () => {
  const tool = noting();
  await using engine = await startTestEngine({ tools: [tool] });
  await setLimit(engine, { kind: "rate", connection: "hub", amount: 10, perMs: 400 });
  for (let worker = 0; worker < 3; worker += 1) await engine.startWorker();
  const one = engine.plan([{ id: "a", tool: "test.call" }]);
  const many = engine.plan(Array.from({ length: 20 }, (_, index) => ({ id: `s${index}`, tool: "test.call" })));
  const runs = await Promise.all([...Array(20).fill(one), many, many].map((plan) => engine.submit(plan)));
  for (const run of runs) await engine.reaches(run, "succeeded");
  expect(tool.calls).toHaveLength(60);
  expect(
    busiest(
      tool.calls.map(({ at }) => at),
      400,
    ),
  ).toBeLessThanOrEqual(10);
  await engine.until(async () => (await engine.admin.query("SELECT 1 FROM permits")).rowCount === 0);
  const waits = (await Promise.all(runs.map((run) => engine.events(run)))).flat();
  expect(waits.find(({ type }) => type === "step.limit_awaited")?.data).toMatchObject({
    operation: "run",
    limit: { kind: "rate", what: "rate limit of connection hub: 10 per 400 ms" },
  });
});

test("a connection serves as many attempts at once as its limit says, and who waits goes on when one ends", async () => {
  const gates: (() => void)[] = [];
  let most = 0;
  const tool = noting({
    run: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gates.push(resolve);
      most = Math.max(most, gates.length);
      await promise;
      return null;
    },
  });
  await using engine = await startTestEngine({ tools: [tool] });
  const limit = await setLimit(engine, { kind: "concurrency", connection: "hub", amount: 2 });
  for (let worker = 0; worker < 2; worker += 1) await engine.startWorker();
  const runs = await Promise.all(
    Array.from({ length: 6 }, () => engine.submit(engine.plan([{ id: "a", tool: "test.call" }]))),
  );
  await engine.until(async () => gates.length === 2);
  const waiting = async () => {
    const rows = await Promise.all(runs.map((run) => engine.status(run)));
    return rows.filter(({ status }) => status === "waiting");
  };
  await engine.until(async () => (await waiting()).length === 4);
  expect((await waiting())[0]?.waiting).toMatchObject({
    on: "limit",
    detail: "concurrency limit of connection hub: 2 at once",
    until: null,
    who: "whoever may change limits (scope admin)",
    since: expect.any(Number),
  });
  gates.shift()?.();
  await engine.until(async () => gates.length === 2 && (await waiting()).length === 3);
  await engine.until(async () => {
    while (gates.length > 0) gates.shift()?.();
    return (await engine.admin.query("SELECT 1 FROM runs WHERE finished_at IS NULL")).rowCount === 0;
  });
  expect(most).toBe(2);
  await engine.until(async () => (await engine.admin.query("SELECT 1 FROM permits")).rowCount === 0);
  const { rows } = await engine.admin.query("SELECT held FROM limit_counters WHERE id = $1", [limit]);
  expect(rows).toEqual([{ held: 0 }]);
});

test("a run that nothing covers needs no permit, and one flush per step as before", async () => {
  const tool = noting({ connections: [] });
  await using engine = await startTestEngine({ tools: [tool] });
  await setLimit(engine, { kind: "rate", connection: "hub", amount: 1, perMs: 3_600_000 });
  const worker = await engine.startWorker();
  const plan = engine.plan([
    { id: "a", tool: "test.call" },
    { id: "b", tool: "test.call", after: ["a"] },
    { id: "c", tool: "test.call", after: ["b"] },
  ]);
  const run = await engine.submit(plan);
  await engine.reaches(run, "succeeded");
  expect(worker.stats().writes).toBe(4);
  const { rows } = await engine.admin.query("SELECT 1 FROM limit_counters UNION ALL SELECT 1 FROM permits");
  expect(rows).toEqual([]);
});
