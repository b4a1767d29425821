import { expect, test } from "vitest";
import type { ErrorData } from "@gantry/sdk";
import { newId, startTestEngine, type TestEngine } from "../../support/engine.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";

const look = { agent: "test", tool: "hub.look", connections: ["hub"], operation: "run" as const };
const broken: ErrorData = { code: "tool_failed", message: "connection refused", retryable: true };

interface Calls {
  times: number[];
  now: number;
  most: number;
  waited: string[];
}

/** A tool that calls another one several times at once, each call a few turns of the event loop long. */
function calling(count: number, rest: Partial<MemoryTool> = {}): MemoryTool & { calls: Calls } {
  const calls: Calls = { times: [], now: 0, most: 0, waited: [] };
  return {
    name: "test.think",
    calls,
    run: async (_request, signal, { permit }) => {
      const call = async (): Promise<void> => {
        const { end } = await permit(look, { signal, waits: (on) => void calls.waited.push(on) });
        calls.times.push(performance.now());
        calls.now += 1;
        calls.most = Math.max(calls.most, calls.now);
        for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
        calls.now -= 1;
        end(null);
      };
      await Promise.all(Array.from({ length: count }, call));
      return null;
    },
    ...rest,
  };
}

async function setLimit(engine: TestEngine, amount: number, perMs: number | null = null): Promise<void> {
  await engine.admin.query(
    "INSERT INTO limits (org, id, kind, connection, amount, per_ms, actor) VALUES ($1, $2, $3, 'hub', $4, $5, 'test')",
    [engine.organization.org, newId(), perMs === null ? "concurrency" : "rate", amount, perMs],
  );
}

const noPermits = (engine: TestEngine): Promise<boolean> =>
  engine.until(async () => (await engine.admin.query("SELECT 1 FROM permits")).rowCount === 0);

async function runThree(engine: TestEngine): Promise<void> {
  const plan = engine.plan([{ id: "think", tool: "test.think" }]);
  const runs = await Promise.all([1, 2, 3].map(() => engine.submit(plan)));
  for (const run of runs) await engine.reaches(run, "succeeded");
}

test("calls within attempts of two workers are never more at once than the limit, and all get their turn", async () => {
  const tool = calling(4);
  await using engine = await startTestEngine({ tools: [tool] });
  await setLimit(engine, 2);
  for (let worker = 0; worker < 2; worker += 1) await engine.startWorker();
  await runThree(engine);
  expect(tool.calls.times).toHaveLength(12);
  expect(tool.calls.most).toBe(2);
  expect(tool.calls.waited).toContain("concurrency limit of connection hub: 2 at once");
  await noPermits(engine);
});

test("no stretch of a rate's length sees more calls within attempts than the limit", async () => {
  const tool = calling(4);
  await using engine = await startTestEngine({ tools: [tool] });
  await setLimit(engine, 5, 400);
  for (let worker = 0; worker < 2; worker += 1) await engine.startWorker();
  await runThree(engine);
  const { times } = tool.calls;
  expect(times).toHaveLength(12);
  for (const from of times) expect(times.filter((at) => at >= from && at < from + 400).length).toBeLessThanOrEqual(5);
  await noPermits(engine);
});

test("an attempt that holds the only place lends it to its calls, one after the other", async () => {
  const tool = calling(3, { connections: ["hub"] });
  await using engine = await startTestEngine({ tools: [tool] });
  await setLimit(engine, 1);
  await engine.startWorker();
  await runThree(engine);
  expect(tool.calls).toMatchObject({ most: 1, waited: [] });
  expect(tool.calls.times).toHaveLength(9);
});

test("a call whose turn is too far away isn't made, and the caller learns what it would have waited for", async () => {
  let second: unknown;
  const tool: MemoryTool = {
    name: "test.think",
    run: async (_request, signal, { permit }) => {
      const take = () => permit(look, { signal, waits: () => {} });
      (await take()).end(null);
      second = await take().catch((error: unknown) => error);
      return null;
    },
  };
  await using engine = await startTestEngine({ tools: [tool] });
  await setLimit(engine, 1, 3_600_000);
  await engine.startWorker();
  await engine.reaches(await engine.submit(engine.plan([{ id: "think", tool: "test.think" }])), "succeeded");
  expect(second).toMatchObject({
    code: "call_limited",
    details: { what: "rate limit of connection hub: 1 per 3600 s" },
  });
});

test("what a call held comes free with its attempt where nobody said that the call is over", async () => {
  const forgetful: MemoryTool = {
    name: "test.forget",
    run: async (_request, signal, { permit }) => {
      await permit(look, { signal, waits: () => {} });
      return null;
    },
  };
  const tool = calling(1);
  await using engine = await startTestEngine({ tools: [forgetful, tool] });
  await setLimit(engine, 1);
  await engine.startWorker();
  await engine.reaches(await engine.submit(engine.plan([{ id: "forget", tool: "test.forget" }])), "succeeded");
  await engine.reaches(await engine.submit(engine.plan([{ id: "think", tool: "test.think" }])), "succeeded");
  expect(tool.calls.times).toHaveLength(1);
  await noPermits(engine);
}, 30_000);

test("failing calls open the circuit breaker of their connection", async () => {
  const tool: MemoryTool = {
    name: "test.think",
    run: async (_request, signal, { permit }) => {
      const take = () => permit(look, { signal, waits: () => {} });
      for (let failures = 0; failures < 5; failures += 1) (await take()).end(broken);
      return null;
    },
  };
  await using engine = await startTestEngine({ tools: [tool] });
  await engine.startWorker();
  await engine.reaches(await engine.submit(engine.plan([{ id: "think", tool: "test.think" }])), "succeeded");
  const opened = await engine.until(async () => {
    const { rows } = await engine.admin.query(
      "SELECT reason FROM breakers WHERE connection = 'hub' AND state = 'open'",
    );
    return rows[0] as { reason: string } | undefined;
  });
  expect(opened.reason).toBe("connection refused");
});
