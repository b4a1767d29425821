import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { RunEvent } from "@gantry/sdk";
import { compiledProgram } from "../../support/compiled.ts";
import { newId, startTestEngine, type TestEngine } from "../../support/engine.ts";
import { ledgerTools } from "../../support/ledger.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";
import type { WorkerProcessOptions } from "../../support/worker-process.ts";

const script = path.resolve(import.meta.dirname, "../../support/worker-process.ts");

interface BudgetSetting {
  measure: "money" | "requests" | "time";
  amount: number;
  agent?: string;
  run?: string;
  eachRun?: boolean;
}

async function setBudget(engine: TestEngine, name: string, setting: BudgetSetting): Promise<void> {
  const { measure, amount, agent = null, run = null, eachRun = false } = setting;
  const currency = measure === "money" ? "EUR" : null;
  await engine.admin.query(
    `INSERT INTO budgets (org, id, name, measure, currency, agent, run, each_run, amount, actor)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'test')
     ON CONFLICT (org, name) DO UPDATE SET amount = excluded.amount`,
    [engine.organization.org, newId(), name, measure, currency, agent, run, eachRun, amount],
  );
}

async function accounts(engine: TestEngine): Promise<Record<string, { spent: number; reserved: number }>> {
  const { rows } = await engine.admin.query<{ name: string; spent: number; reserved: number }>(
    `SELECT b.name, sum(a.spent)::int AS spent, sum(a.reserved)::int AS reserved
     FROM budget_accounts a JOIN budgets b ON b.id = a.budget GROUP BY b.name`,
  );
  return Object.fromEntries(rows.map(({ name, ...account }) => [name, account]));
}

const noPermits = (engine: TestEngine): Promise<true> =>
  engine.until(async () => (await engine.admin.query("SELECT 1 FROM permits")).rowCount === 0);

/** What the history says that each attempt with the tool cost: what it reported, the worst case where nobody knows. */
function costOf(events: readonly RunEvent[], worst: number): number {
  let cost = 0;
  for (const { type, data } of events) {
    if ((type === "attempt.succeeded" || type === "attempt.failed") && data.operation === "run")
      cost += data.usage?.money?.amount ?? worst;
    if (type === "attempt.settled" && data.outcome === "done") cost += worst;
  }
  return cost;
}

test("500 steps side by side on two workers that are killed in between never spend more than the budget, and each is settled once", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "gantry-budget-"));
  const ledger = path.join(directory, "ledger");
  await using engine = await startTestEngine({ tools: ledgerTools(ledger) });
  const budget = 1_500;
  await setBudget(engine, "team", { measure: "money", amount: budget });
  await setBudget(engine, "calls", { measure: "requests", amount: 10_000, agent: "test" });
  const planOf = (cost: number) => engine.plan([{ id: "pay", tool: "ledger.pay", input: cost }]);
  const plans = [3, 5, 7].map(planOf);
  const runs = await Promise.all(
    Array.from({ length: 500 }, (_, index) => engine.submit(plans[index % 3] as (typeof plans)[number])),
  );
  const workerUntil = (crashAt: string) => {
    const options: WorkerProcessOptions = {
      config: {
        databaseUrl: engine.database.engineUrl,
        leaseMs: 1_000,
        pollMs: 200,
        capacity: 50,
        maxRuns: 100,
        crashAt,
      },
      ledger,
      child: null,
    };
    const child = spawn(process.execPath, [script, JSON.stringify(options)], {
      env: { ...process.env, ...compiledProgram },
      stdio: ["ignore", "inherit", "inherit"],
    });
    return new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  };
  expect(await Promise.all([workerUntil("after-permit:3"), workerUntil("after-effect-before-record:60")])).toEqual([
    "SIGKILL",
    "SIGKILL",
  ]);
  for (let worker = 0; worker < 2; worker += 1)
    await engine.startWorker({ config: { host: "test-host", leaseMs: 1_000, pollMs: 200, capacity: 50 } });
  await engine.until(
    async () => (await engine.admin.query("SELECT 1 FROM runs WHERE finished_at IS NULL")).rowCount === 0,
  );
  await noPermits(engine);

  const { team, calls } = await accounts(engine);
  const histories = await Promise.all(runs.map((run) => engine.events(run)));
  const costs = histories.map((events) => costOf(events, 10));
  expect(team).toEqual({ spent: costs.reduce((sum, cost) => sum + cost, 0), reserved: 0 });
  expect(team?.spent).toBeLessThanOrEqual(budget);
  // Not a cent of it could have paid for another step.
  expect(team?.spent).toBeGreaterThan(budget - 10);
  const lines = (await readFile(ledger, "utf8")).trim().split("\n");
  const paid = lines.map((line) => line.split(" ") as [string, string, string, string]);
  expect(new Set(paid.map(([run]) => run)).size).toBe(paid.length);
  expect(paid.reduce((sum, [, , , amount]) => sum + Number(amount), 0)).toBeLessThanOrEqual(team?.spent ?? 0);
  expect(calls?.reserved).toBe(0);
  expect(calls?.spent).toBe(paid.length);

  const { rows } = await engine.admin.query<{ status: string; code: string | null; n: number }>(
    "SELECT status, error ->> 'code' AS code, count(*)::int AS n FROM runs GROUP BY 1, 2 ORDER BY 1",
  );
  expect(rows).toEqual([
    { status: "failed", code: "budget_exhausted", n: 500 - paid.length },
    { status: "succeeded", code: null, n: paid.length },
  ]);
  await rm(directory, { recursive: true });
});

test("a step waits while what is left is set aside for others, and goes on with what they didn't use", async () => {
  const gates: (() => void)[] = [];
  const tool: MemoryTool = {
    name: "test.pay",
    worstCase: { requests: 6 },
    run: async (_request, _signal, { use }) => {
      use({ requests: 2 });
      await new Promise<void>((resolve) => gates.push(resolve));
      return null;
    },
  };
  await using engine = await startTestEngine({ tools: [tool] });
  await setBudget(engine, "calls", { measure: "requests", amount: 10 });
  await engine.startWorker();
  const plan = engine.plan([{ id: "a", tool: "test.pay" }]);
  const first = await engine.submit(plan);
  await engine.until(async () => gates.length === 1);
  const second = await engine.submit(plan);
  await engine.reaches(second, "waiting");
  expect((await engine.status(second)).waiting).toMatchObject({
    on: "limit",
    detail: "budget calls: what is left of it is set aside for attempts that are under way",
    until: null,
  });
  gates.shift()?.();
  await engine.reaches(first, "succeeded");
  await engine.until(async () => gates.length === 1);
  gates.shift()?.();
  await engine.reaches(second, "succeeded");
  await noPermits(engine);
  expect(await accounts(engine)).toEqual({ calls: { spent: 4, reserved: 0 } });

  // Six might be needed and six are left; afterwards four are, and that is said, with what to do.
  const third = await engine.submit(plan);
  await engine.until(async () => gates.length === 1);
  gates.shift()?.();
  await engine.reaches(third, "succeeded");
  await noPermits(engine);
  const fourth = await engine.submit(plan);
  await engine.reaches(fourth, "failed");
  expect((await engine.status(fourth)).error).toMatchObject({
    code: "budget_exhausted",
    retryable: false,
    details: { name: "calls", limit: 10, spent: 6, needed: 6 },
  });
  await setBudget(engine, "calls", { measure: "requests", amount: 100 });
  await engine.send(fourth, { kind: "retry" });
  await engine.until(async () => gates.length === 1);
  gates.shift()?.();
  await engine.reaches(fourth, "succeeded");
});

test("what an attempt may have used stays set aside while nobody knows its outcome", async () => {
  const tool: MemoryTool = {
    name: "test.unclear",
    effect: "changes",
    idempotent: false,
    uncertain: true,
    worstCase: { money: { amount: 40, currency: "EUR" } },
    run: () => {
      throw new Error("connection lost");
    },
  };
  await using engine = await startTestEngine({ tools: [tool] });
  await setBudget(engine, "team", { measure: "money", amount: 100 });
  await engine.startWorker();
  const plan = engine.plan([{ id: "a", tool: "test.unclear" }]);
  const [done, never] = [await engine.submit(plan), await engine.submit(plan)];
  await engine.reaches(done, "needs_attention");
  await engine.reaches(never, "needs_attention");
  expect(await accounts(engine)).toEqual({ team: { spent: 0, reserved: 80 } });
  const third = await engine.submit(plan);
  await engine.reaches(third, "waiting");
  await engine.send(done, { kind: "settle", step: "a", outcome: "done", output: null });
  await engine.reaches(done, "succeeded");
  await engine.send(never, { kind: "cancel", undo: false, reason: null });
  await engine.send(never, { kind: "settle", step: "a", outcome: "not_done", output: null });
  await engine.reaches(never, "canceled");
  // Forty are spent, forty came back: the third may go on, and its own forty are set aside now.
  await engine.reaches(third, "needs_attention");
  expect(await accounts(engine)).toEqual({ team: { spent: 40, reserved: 40 } });
});

test("each run has its own share where the budget says so, and time is what attempts took", async () => {
  const tool: MemoryTool = { name: "test.pay", worstCase: { requests: 3 }, run: () => null };
  await using engine = await startTestEngine({ tools: [tool] });
  await setBudget(engine, "each", { measure: "requests", amount: 5, eachRun: true });
  await setBudget(engine, "time", { measure: "time", amount: 60_000_000 });
  await engine.startWorker();
  const one = engine.plan([{ id: "a", tool: "test.pay" }]);
  const two = engine.plan([
    { id: "a", tool: "test.pay" },
    { id: "b", tool: "test.pay", after: ["a"] },
  ]);
  const [first, second] = [await engine.submit(one), await engine.submit(two)];
  await engine.reaches(first, "succeeded");
  await engine.reaches(second, "failed");
  expect((await engine.status(second)).error).toMatchObject({ code: "budget_exhausted", details: { name: "each" } });
  await noPermits(engine);
  const { each, time } = await accounts(engine);
  expect(each).toEqual({ spent: 6, reserved: 0 });
  expect(time?.spent).toBeGreaterThan(0);
  expect(time?.spent).toBeLessThan(120_000);
});
