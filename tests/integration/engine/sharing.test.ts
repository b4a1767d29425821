import { expect, test } from "vitest";
import { activeKillSwitches, liftKillSwitch, setKillSwitch } from "../../../platform/src/store/control/kill-switch.ts";
import { newId, startTestEngine } from "../../support/engine.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";

const echo: MemoryTool = { name: "test.echo", run: ({ input }) => input };

/** A tool of which the test lets one attempt after the other go on. */
function stepwise(): MemoryTool & { waiting: { run: string; org: string; go: () => void }[]; most: number } {
  const waiting: { run: string; org: string; go: () => void }[] = [];
  const tool = {
    name: "test.stepwise",
    waiting,
    most: 0,
    run: ({ runId, org }: { runId: string; org: string }) =>
      new Promise<null>((resolve) => {
        const entry = {
          run: runId,
          org,
          go: () => {
            waiting.splice(waiting.indexOf(entry), 1);
            resolve(null);
          },
        };
        waiting.push(entry);
        tool.most = Math.max(tool.most, waiting.length);
      }),
  };
  return tool;
}

test("a small organization gets its turn although a large one was first and fills the worker", async () => {
  const tool = stepwise();
  await using engine = await startTestEngine({ tools: [tool] });
  const small = await engine.addOrganization("globex");
  const plan = engine.plan(
    Array.from({ length: 5 }, (_, index) => ({
      id: `s${index}`,
      tool: "test.stepwise",
      after: index === 0 ? [] : [`s${index - 1}`],
    })),
  );
  const large = await Promise.all(Array.from({ length: 10 }, () => engine.submit(plan)));
  const worker = await engine.startWorker({ config: { capacity: 2 } });
  await engine.until(async () => tool.waiting.length === 2);
  const late = await engine.submit(plan, { organization: small });
  await engine.until(async () => worker.stats().runs === 11);
  // Whoever runs may end; after two of those at most it is the small organization's turn, step after step.
  for (let step = 0; step < 5; step += 1) {
    for (let turn = 0; !tool.waiting.some((one) => one.run === late); turn += 1) {
      expect(turn).toBeLessThan(3);
      const before = new Set(tool.waiting);
      tool.waiting[0]?.go();
      await engine.until(async () => tool.waiting.length === 2 && tool.waiting.some((one) => !before.has(one)));
    }
    tool.waiting.find((one) => one.run === late)?.go();
    await engine.until(async () => tool.waiting.length === 2 || (await engine.status(late)).status === "succeeded");
  }
  await engine.reaches(late, "succeeded");
  expect(tool.most).toBe(2);
  const { rows } = await engine.admin.query(
    "SELECT count(*)::int AS done FROM runs WHERE id = ANY ($1) AND status = 'succeeded'",
    [large],
  );
  expect(rows[0].done).toBeLessThan(10);
  await engine.until(async () => {
    while (tool.waiting.length > 0) tool.waiting[0]?.go();
    const all = await engine.admin.query("SELECT 1 FROM runs WHERE status <> 'succeeded'");
    return all.rowCount === 0;
  });
});

test("of two waiting runs the one with the higher priority starts first", async () => {
  const tool = stepwise();
  await using engine = await startTestEngine({ tools: [tool] });
  const plan = engine.plan([{ id: "a", tool: "test.stepwise" }]);
  const first = await engine.submit(plan);
  const worker = await engine.startWorker({ config: { capacity: 1 } });
  await engine.until(async () => tool.waiting.length === 1);
  const normal = await engine.submit(plan);
  await engine.until(async () => worker.stats().runs === 2);
  const urgent = await engine.submit(plan, { priority: 5 });
  await engine.until(async () => worker.stats().runs === 3);
  const order: string[] = [];
  for (const _ of [first, urgent, normal]) {
    const one = await engine.until(async () => tool.waiting[0]);
    order.push(one.run);
    one.go();
  }
  expect(order).toEqual([first, urgent, normal]);
  await engine.reaches(normal, "succeeded");
});

test("attempts with the same concurrency key never overlap, in one run or in several on two workers", async () => {
  const tool = stepwise();
  await using engine = await startTestEngine({ tools: [tool] });
  await engine.startWorker();
  await engine.startWorker();
  const plan = engine.plan(["a", "b"].map((id) => ({ id, tool: "test.stepwise", concurrencyKey: "prod\0db" })));
  const runs = await Promise.all(Array.from({ length: 4 }, () => engine.submit(plan)));
  for (let turn = 0; turn < 8; turn += 1) {
    const one = await engine.until(async () => tool.waiting[0]);
    one.go();
  }
  for (const run of runs) await engine.reaches(run, "succeeded");
  expect(tool.most).toBe(1);
  const left = await engine.admin.query("SELECT 1 FROM slots UNION ALL SELECT 1 FROM slot_waiters");
  expect(left.rowCount).toBe(0);
});

test("a slot is held while the outcome of its attempt is unknown, and given on once a person knows", async () => {
  const tool: MemoryTool = {
    name: "test.unclear",
    effect: "changes",
    idempotent: false,
    uncertain: true,
    run: ({ input }) => {
      if (input === "bad") throw new Error("connection lost");
      return null;
    },
  };
  await using engine = await startTestEngine({ tools: [tool] });
  await engine.startWorker();
  const planOf = (input: string) => engine.plan([{ id: "a", tool: "test.unclear", input, concurrencyKey: "prod" }]);
  const first = await engine.submit(planOf("bad"));
  await engine.reaches(first, "needs_attention");
  const second = await engine.submit(planOf("good"));
  // It is in line before its history says so.
  const waiting = await engine.until(async () => {
    const { waiting: what } = await engine.status(second);
    return JSON.stringify(what).includes('"slot"') && what;
  });
  expect(waiting).toMatchObject({ on: "slot", detail: "prod" });
  await engine.send(first, { kind: "settle", step: "a", outcome: "done", output: null });
  await engine.reaches(first, "succeeded");
  await engine.reaches(second, "succeeded");
});

test("runs whose plans share a concurrency key go one after the other", async () => {
  const tool = stepwise();
  await using engine = await startTestEngine({ tools: [tool] });
  await engine.startWorker();
  const plan = engine.plan(
    [
      { id: "a", tool: "test.stepwise" },
      { id: "b", tool: "test.stepwise", after: ["a"] },
    ],
    { concurrencyKey: "deploy" },
  );
  const runs = await Promise.all(Array.from({ length: 3 }, () => engine.submit(plan)));
  const order: string[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    const one = await engine.until(async () => tool.waiting[0]);
    order.push(one.run);
    one.go();
  }
  for (const run of runs) await engine.reaches(run, "succeeded");
  expect(tool.most).toBe(1);
  expect(order[0]).toBe(order[1]);
  expect(order[2]).toBe(order[3]);
});

test("a kill switch set while no worker is alive holds every run back until it is lifted", async () => {
  const effects: string[] = [];
  const tool: MemoryTool = { name: "test.note", run: ({ runId }) => void effects.push(runId) as never };
  await using engine = await startTestEngine({ tools: [tool] });
  const { org, requester } = engine.organization;
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.note" }]));
  const [mine, all] = [newId(), newId()];
  await setKillSwitch(engine.db, { id: mine, org, reason: "incident", actor: requester });
  await setKillSwitch(engine.db, { id: all, org: null, reason: "maintenance", actor: requester });
  const first = await engine.startWorker();
  await engine.reaches(run, "halted");
  expect((await engine.status(run)).waiting).toMatchObject({ on: "kill_switch" });
  await first.drain();
  expect(await liftKillSwitch(engine.db, all)).toBe(true);
  expect(await liftKillSwitch(engine.db, all)).toBe(false);
  expect((await activeKillSwitches(engine.db)).map((one) => one.id)).toEqual([mine]);
  expect(effects).toEqual([]);
  await liftKillSwitch(engine.db, mine);
  await engine.startWorker();
  await engine.reaches(run, "succeeded");
  expect(effects).toEqual([run]);
});

test("a kill switch stops the next step of a run in the middle, even before its worker has heard of it", async () => {
  const tool = stepwise();
  await using engine = await startTestEngine({ tools: [tool, echo] });
  await engine.startWorker({ config: { pollMs: 3_600_000 } });
  const run = await engine.submit(
    engine.plan([
      { id: "a", tool: "test.stepwise" },
      { id: "b", tool: "test.echo", after: ["a"] },
    ]),
  );
  const one = await engine.until(async () => tool.waiting[0]);
  const id = newId();
  // Nobody is notified: only the statement that would start the next attempt finds it.
  await setKillSwitch(engine.db, {
    id,
    org: engine.organization.org,
    reason: "incident",
    actor: engine.organization.requester,
  });
  one.go();
  await engine.reaches(run, "halted");
  const types = await engine.types(run);
  expect(types.filter((type) => type === "attempt.succeeded")).toHaveLength(1);
  expect(types.filter((type) => type === "attempt.started")).toHaveLength(1);
});
