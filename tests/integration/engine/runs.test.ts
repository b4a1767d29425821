import { expect, test } from "vitest";
import { startTestEngine } from "../../support/engine.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";

const echo: MemoryTool = { name: "test.echo", run: ({ input }) => input };

test("a run of three steps goes from claim to finished, one commit per step", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  const worker = await engine.startWorker();
  const run = await engine.submit(
    engine.plan([
      { id: "a", tool: "test.echo", input: { n: 1 } },
      { id: "b", tool: "test.echo", input: { from: { $ref: ["a", "n"] } } },
      { id: "c", tool: "test.echo", input: { from: { $ref: ["b", "from"] } } },
    ]),
  );
  expect(await engine.reaches(run, "succeeded")).toBe("succeeded");
  expect((await engine.types(run)).join(" ")).toBe(
    "run.created run.started attempt.started attempt.succeeded attempt.started " +
      "attempt.succeeded attempt.started attempt.succeeded run.finished",
  );
  expect(await engine.status(run)).toMatchObject({ owner: null, seq: 9 });
  expect(worker.stats().writes).toBe(4);
});

test("a run that waits for a signal costs a row, and goes on when signalled", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  const worker = await engine.startWorker();
  const run = await engine.submit(
    engine.plan([
      { id: "wait", kind: "wait", for: { kind: "signal", name: "go" } },
      { id: "after", tool: "test.echo", after: ["wait"], input: { got: { $ref: ["wait"] } } },
    ]),
  );
  await engine.reaches(run, "waiting");
  expect(await engine.status(run)).toMatchObject({ owner: null, waiting: { on: "signal", detail: "go" } });
  expect(worker.stats().runs).toBe(0);
  const signal = await engine.send(run, { kind: "signal", name: "go", payload: { blue: "\0 \ud800" } });
  await engine.reaches(run, "succeeded");
  expect(await engine.outcome(signal)).toBeNull();
  const last = (await engine.events(run)).find((event) => event.type === "attempt.succeeded");
  expect(last?.data).toMatchObject({ output: { got: { blue: "\0 \ud800" } } });
});

test("a long wait is a wakeup in the database, a short one a timer in memory", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  await engine.startWorker();
  const long = await engine.submit(
    engine.plan([{ id: "wait", kind: "wait", for: { kind: "duration", ms: 3_600_000 } }]),
  );
  const short = await engine.submit(engine.plan([{ id: "wait", kind: "wait", for: { kind: "duration", ms: 20 } }]));
  await engine.reaches(short, "succeeded");
  await engine.reaches(long, "waiting");
  const { rows } = await engine.admin.query(
    "SELECT run_id, due_at > now() + interval '50 minutes' AS late FROM wakeups",
  );
  expect(rows).toEqual([{ run_id: long, late: true }]);
  await engine.admin.query("UPDATE wakeups SET due_at = now(), rank = now()");
  // Looked at too early, it is parked again for the rest of its time.
  await engine.until(async () => {
    const again = await engine.admin.query("SELECT 1 FROM wakeups WHERE due_at > now() + interval '50 minutes'");
    return again.rowCount === 1;
  });
  expect((await engine.status(long)).status).toBe("waiting");
});

test("pause lets the running attempt end, resume goes on, cancel ends the run; each sender gets an answer", async () => {
  const gate = Promise.withResolvers<null>();
  const slow: MemoryTool = { name: "test.slow", run: () => gate.promise };
  await using engine = await startTestEngine({ tools: [echo, slow] });
  await engine.startWorker();
  const run = await engine.submit(
    engine.plan([
      { id: "slow", tool: "test.slow" },
      { id: "wait", kind: "wait", after: ["slow"], for: { kind: "signal", name: "go" } },
    ]),
  );
  await engine.reaches(run, "preparing", "running");
  expect(await engine.outcome(await engine.send(run, { kind: "pause", reason: "lunch" }))).toBeNull();
  expect((await engine.status(run)).status).toBe("pausing");
  gate.resolve(null);
  await engine.reaches(run, "paused");
  expect(await engine.outcome(await engine.send(run, { kind: "resume" }))).toBeNull();
  await engine.reaches(run, "waiting");
  expect(await engine.outcome(await engine.send(run, { kind: "cancel", undo: false, reason: null }))).toBeNull();
  await engine.reaches(run, "canceled");
  expect(await engine.outcome(await engine.send(run, { kind: "resume" }))).toMatchObject({ code: "run_ended" });
});

test("cancel interrupts the attempt that is running", async () => {
  const aborted = Promise.withResolvers<string>();
  const endless: MemoryTool = {
    name: "test.endless",
    run: (_request, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => {
          aborted.resolve(String(signal.reason));
          reject(new Error("interrupted"));
        }),
      ),
  };
  await using engine = await startTestEngine({ tools: [endless] });
  const worker = await engine.startWorker();
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.endless" }]));
  await engine.until(async () => worker.runner.running.size === 1);
  await engine.send(run, { kind: "cancel", undo: false, reason: null });
  expect(await aborted.promise).toContain("cancel_requested");
  await engine.reaches(run, "canceled");
});

test("a signal that races with the end of a step is never lost", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  await engine.startWorker();
  const plan = engine.plan([
    { id: "a", tool: "test.echo" },
    { id: "wait", kind: "wait", after: ["a"], for: { kind: "signal", name: "go" } },
  ]);
  const runs = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const run = await engine.submit(plan);
      await engine.send(run, { kind: "signal", name: "go", payload: 1 });
      return run;
    }),
  );
  for (const run of runs) await engine.reaches(run, "succeeded");
  const { rows } = await engine.admin.query("SELECT count(*)::int AS open FROM inbox WHERE handled_at IS NULL");
  expect(rows).toEqual([{ open: 0 }]);
});

test("a sub-run has its own history, and its outputs reach the run that started it", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  await engine.startWorker({
    planSubRun:
      async ({ parameters }) =>
      () =>
        engine.plan([{ id: "inner", tool: "test.echo", input: { parameters } }]),
  });
  const run = await engine.submit(
    engine.plan([
      { id: "first", tool: "test.echo", input: { n: 7 } },
      { id: "child", kind: "run", runbook: "test.inner", parameters: { n: { $ref: ["first", "n"] } } },
      { id: "last", tool: "test.echo", input: { inner: { $ref: ["child", "inner", "parameters", "n"] } } },
    ]),
  );
  expect(await engine.reaches(run, "succeeded", "failed")).toBe("succeeded");
  const { rows } = await engine.admin.query("SELECT id, parent_step, status FROM runs WHERE parent = $1", [run]);
  expect(rows).toMatchObject([{ parent_step: "child", status: "succeeded" }]);
  const ended = (await engine.events(run)).filter((event) => event.type === "attempt.succeeded").at(-1);
  expect(ended?.data).toMatchObject({ output: { inner: 7 } });
});

test("a sub-run whose runbook refuses its parameters fails the step that wanted it", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  await engine.startWorker({
    planSubRun: async () => () => {
      throw new Error("no such runbook");
    },
  });
  const run = await engine.submit(engine.plan([{ id: "child", kind: "run", runbook: "test.none", parameters: {} }]));
  await engine.reaches(run, "failed");
  expect((await engine.status(run)).error).toMatchObject({ message: "no such runbook" });
});

test("a sub-run whose runbook can't be looked up, as the database is away, waits until it can", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  let tries = 0;
  await engine.startWorker({
    planSubRun: async () => {
      tries += 1;
      if (tries < 3) throw new Error("Connection terminated due to connection timeout");
      return () => engine.plan([{ id: "inner", tool: "test.echo" }]);
    },
  });
  const run = await engine.submit(engine.plan([{ id: "child", kind: "run", runbook: "test.inner", parameters: {} }]));
  await engine.reaches(run, "succeeded");
  expect(tries).toBe(3);
});

test("undo of a finished run undoes its sub-run with it", async () => {
  const log: string[] = [];
  const change: MemoryTool = {
    name: "test.change",
    effect: "changes",
    run: ({ input }) => {
      log.push(`do ${input as string}`);
      return null;
    },
    undo: ({ input }) => {
      log.push(`undo ${input as string}`);
      return { summary: "undone", left: [] };
    },
  };
  await using engine = await startTestEngine({ tools: [change] });
  await engine.startWorker({
    planSubRun: async () => () => engine.plan([{ id: "inner", tool: "test.change", input: "inner" }]),
  });
  const run = await engine.submit(
    engine.plan([
      { id: "outer", tool: "test.change", input: "outer" },
      { id: "child", kind: "run", after: ["outer"], runbook: "test.inner", parameters: {} },
    ]),
  );
  await engine.reaches(run, "succeeded");
  expect(await engine.outcome(await engine.send(run, { kind: "undo", reason: "asked", approved: false }))).toBeNull();
  await engine.reaches(run, "undone");
  expect(log).toEqual(["do outer", "do inner", "undo inner", "undo outer"]);
});

test("submissions past the queue limit are refused, and the same id twice makes one run", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  const plan = engine.plan([{ id: "a", tool: "test.echo" }]);
  await engine.submit(plan, { queueLimit: 2 });
  await engine.submit(plan, { queueLimit: 2 });
  await expect(engine.submit(plan, { queueLimit: 2 })).rejects.toMatchObject({ code: "queue_full", retryable: true });
  const other = await engine.addOrganization("globex");
  await engine.submit(plan, { queueLimit: 2, organization: other });
});

test("a loop of two thousand items runs to its end, and its outputs keep the order of the items", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  await engine.startWorker();
  const items = Array.from({ length: 2_000 }, (_, index) => index);
  const plan = engine.plan([
    { id: "all", tool: "test.echo", each: items, input: { $item: [] } },
    { id: "last", tool: "test.echo", input: { $ref: ["all"] } },
  ]);
  const run = await engine.submit(plan);
  await engine.reaches(run, "succeeded");
  const last = (await engine.events(run)).findLast((event) => event.type === "attempt.succeeded");
  expect(last?.data).toMatchObject({ output: items });
});
