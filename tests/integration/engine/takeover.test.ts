import { expect, test } from "vitest";
import { buryDeadSessions } from "../../../platform/src/store/journal/sessions.ts";
import { newId, startTestEngine } from "../../support/engine.ts";
import { createMemoryRunner, type MemoryTool } from "../../support/memory-runner.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

const leaseMs = 1_000;
const echo: MemoryTool = { name: "test.echo", run: ({ input }) => input };

/** A tool that takes as long as the test likes, and counts. */
function slow(
  overrides: Partial<MemoryTool> = {},
): MemoryTool & { started: string[]; finish: PromiseWithResolvers<null> } {
  const started: string[] = [];
  const finish = Promise.withResolvers<null>();
  const run: MemoryTool["run"] = ({ attemptId }) => {
    started.push(attemptId);
    return finish.promise;
  };
  return { name: "test.slow", run, ...overrides, started, finish };
}

test("a step whose worker is cut off is finished once by another, and the first one's late fact changes nothing", async () => {
  const tool = slow();
  await using engine = await startTestEngine({ tools: [tool] });
  await using proxy = await startTcpProxy(engine.database.engineUrl);
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.slow" }]));
  const lost = await engine.startWorker({ config: { databaseUrl: proxy.url, leaseMs } });
  await engine.until(async () => tool.started.length === 1);
  const session = lost.stats().session;
  proxy.cut();
  const other = await engine.startWorker({
    config: { leaseMs },
    runner: createMemoryRunner([{ ...tool, run: () => "other" }]),
  });
  await engine.reaches(run, "succeeded");
  expect(other.runner.settled).toEqual(tool.started);
  expect(lost.stats().holdsLease).toBe(false);
  tool.finish.resolve(null);
  proxy.heal();
  // It comes back as another session, and its report is on file.
  await engine.until(async () => lost.stats().session !== session && lost.stats().holdsLease);
  await engine.until(async () => {
    const { rows } = await engine.admin.query("SELECT handled_at FROM inbox WHERE kind = 'report'");
    return rows.length === 1 && rows[0].handled_at !== null;
  });
  expect((await engine.types(run)).filter((type) => type === "attempt.succeeded")).toHaveLength(1);
  expect((await engine.status(run)).status).toBe("succeeded");
});

test("an effect that nobody can inspect waits for a person, until the worker that did it reports", async () => {
  const tool = slow({ effect: "changes", idempotent: false });
  await using engine = await startTestEngine({ tools: [tool] });
  await using proxy = await startTcpProxy(engine.database.engineUrl);
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.slow" }]));
  await engine.startWorker({ config: { databaseUrl: proxy.url, leaseMs } });
  await engine.until(async () => tool.started.length === 1);
  proxy.cut();
  await engine.startWorker({ config: { leaseMs } });
  await engine.reaches(run, "needs_attention");
  expect(tool.started).toHaveLength(1);
  proxy.heal();
  tool.finish.resolve(null);
  await engine.reaches(run, "succeeded");
  const settled = (await engine.events(run)).find((event) => event.type === "attempt.settled");
  expect(settled?.data).toMatchObject({ outcome: "done", by: "report" });
});

test("what can be inspected is inspected before anything is tried again", async () => {
  const tool = slow({ effect: "changes", idempotent: false, inspect: () => ({ status: "done", output: "found" }) });
  await using engine = await startTestEngine({ tools: [tool] });
  await using proxy = await startTcpProxy(engine.database.engineUrl);
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.slow" }]));
  await engine.startWorker({ config: { databaseUrl: proxy.url, leaseMs } });
  await engine.until(async () => tool.started.length === 1);
  proxy.cut();
  await engine.startWorker({ config: { leaseMs } });
  await engine.reaches(run, "succeeded");
  expect(tool.started).toHaveLength(1);
  tool.finish.resolve(null);
});

test("what can be resumed on this host goes on under the same attempt", async () => {
  const tool = slow({ effect: "changes", idempotent: false });
  await using engine = await startTestEngine({ tools: [tool] });
  await using proxy = await startTcpProxy(engine.database.engineUrl);
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.slow" }]));
  await engine.startWorker({ config: { databaseUrl: proxy.url, leaseMs } });
  await engine.until(async () => tool.started.length === 1);
  proxy.cut();
  await engine.startWorker({
    config: { leaseMs },
    runner: createMemoryRunner([{ ...tool, run: (request) => request.attemptId }], true),
  });
  await engine.reaches(run, "succeeded");
  const done = (await engine.events(run)).find((event) => event.type === "attempt.succeeded");
  expect(done?.data).toMatchObject({ attemptId: tool.started[0], output: tool.started[0] });
  tool.finish.resolve(null);
});

test("what a worker noted before it was cut off is given to the next one, and what it notes after that is refused", async () => {
  const goOn = Promise.withResolvers<void>();
  const late = Promise.withResolvers<unknown>();
  const noted = Promise.withResolvers<void>();
  const tool = slow({
    run: async ({ notes }, _signal, { note }) => {
      await note("how far it is");
      noted.resolve();
      await goOn.promise;
      await note("too late").then(late.resolve, late.resolve);
      return notes.length;
    },
  });
  await using engine = await startTestEngine({ tools: [tool] });
  await using proxy = await startTcpProxy(engine.database.engineUrl);
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.slow" }]));
  await engine.startWorker({ config: { databaseUrl: proxy.url, leaseMs } });
  await noted.promise;
  expect(await engine.types(run)).toContain("attempt.noted");
  proxy.cut();
  await engine.startWorker({
    config: { leaseMs },
    runner: createMemoryRunner([{ ...tool, run: ({ notes }) => [...notes] }]),
  });
  await engine.reaches(run, "succeeded");
  const done = (await engine.events(run)).find((event) => event.type === "attempt.succeeded");
  expect(done?.data).toMatchObject({ output: ["how far it is"] });
  proxy.heal();
  goOn.resolve();
  expect(await late.promise).toMatchObject({ code: "note_refused" });
  expect((await engine.types(run)).filter((type) => type === "attempt.noted")).toHaveLength(1);
});

test("the database away for less than the lease costs nobody anything", async () => {
  const tool = slow();
  await using engine = await startTestEngine({ tools: [tool, echo] });
  await using proxy = await startTcpProxy(engine.database.engineUrl);
  const run = await engine.submit(
    engine.plan([
      { id: "a", tool: "test.slow" },
      { id: "b", tool: "test.echo", after: ["a"] },
    ]),
  );
  const worker = await engine.startWorker({ config: { databaseUrl: proxy.url, leaseMs: 10_000 } });
  await engine.until(async () => tool.started.length === 1);
  const { session } = worker.stats();
  proxy.cut();
  tool.finish.resolve(null);
  proxy.heal();
  await engine.reaches(run, "succeeded");
  expect(worker.stats().session).toBe(session);
  expect(await engine.types(run)).not.toContain("attempt.failed");
});

test("a draining worker ends what runs, hands the rest over, and signs off", async () => {
  const tool = slow();
  await using engine = await startTestEngine({ tools: [tool, echo] });
  const first = await engine.startWorker({ config: { drainGraceMs: 20_000 } });
  const run = await engine.submit(
    engine.plan([
      { id: "a", tool: "test.slow" },
      { id: "b", tool: "test.echo", after: ["a"] },
    ]),
  );
  await engine.until(async () => tool.started.length === 1);
  const drained = first.drain();
  await engine.until(async () => {
    const { rows } = await engine.admin.query("SELECT state FROM workers");
    return rows[0].state === "draining";
  });
  tool.finish.resolve(null);
  await drained;
  expect(await engine.types(run)).toContain("attempt.succeeded");
  expect(await engine.status(run)).toMatchObject({
    owner: null,
    status: expect.not.stringMatching("succeeded") as string,
  });
  await engine.startWorker();
  await engine.reaches(run, "succeeded");
  expect(tool.started).toHaveLength(1);
  const { rows } = await engine.admin.query("SELECT state FROM workers ORDER BY started_at");
  expect(rows.map((row) => row.state as string)).toEqual(["stopped", "active"]);
});

/** As a worker leaves a run that it had for itself when it died, after four that died in company. */
async function dieAlone(
  { admin }: Awaited<ReturnType<typeof startTestEngine>>,
  run: string,
  alone: string | null = run,
): Promise<void> {
  const dead = newId();
  await admin.query(
    `INSERT INTO workers (id, host, pid, version, engine_version, pool, capacity, agents, lease_ms, alone_with, beat_at)
     VALUES ($1, 'h', 1, '0', 1, 'default', 1, '[]', 1, $2, now() - interval '1 minute')`,
    [dead, alone],
  );
  await admin.query("UPDATE runs SET crashes = GREATEST(crashes, 4), owner = $2, fence = fence + 1 WHERE id = $1", [
    run,
    dead,
  ]);
  await buryDeadSessions(admin);
}

test("a run that keeps killing its workers is suspected, then run alone, then quarantined", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  const plan = engine.plan([{ id: "a", tool: "test.echo" }]);
  const [bystander, poison] = [await engine.submit(plan), await engine.submit(plan)];
  await engine.admin.query("UPDATE runs SET crashes = 4 WHERE id = $1", [bystander]);
  await dieAlone(engine, poison);
  await dieAlone(engine, poison);
  await engine.startWorker();
  await engine.reaches(poison, "quarantined");
  expect((await engine.status(poison)).error).toMatchObject({ code: "run_quarantined" });
  await engine.reaches(bystander, "succeeded");
  expect(await engine.types(bystander)).toContain("run.suspected");
  const { rows } = await engine.admin.query("SELECT crashes FROM runs WHERE id = $1", [bystander]);
  expect(rows).toEqual([{ crashes: 0 }]);
});

test("a run whose worker was killed while it had it for itself is tried alone once more, and cleared when it gets further", async () => {
  const tool = slow();
  await using engine = await startTestEngine({ tools: [echo, tool] });
  const run = await engine.submit(
    engine.plan([
      { id: "a", tool: "test.echo" },
      { id: "b", tool: "test.slow", after: ["a"] },
    ]),
  );
  await dieAlone(engine, run);
  const suspicion = async (): Promise<unknown> =>
    (await engine.admin.query("SELECT crashes, alone_deaths, poisoned FROM runs WHERE id = $1", [run])).rows[0];
  expect(await suspicion()).toEqual({ crashes: 5, alone_deaths: 1, poisoned: false });
  // A death in company, or between claim and mark, says nothing more about it.
  await dieAlone(engine, run, null);
  expect(await suspicion()).toEqual({ crashes: 6, alone_deaths: 1, poisoned: false });
  await engine.startWorker();
  await engine.until(async () => tool.started.length === 1);
  expect(await suspicion()).toEqual({ crashes: 0, alone_deaths: 0, poisoned: false });
  tool.finish.resolve(null);
  await engine.reaches(run, "succeeded");
});

test.for([
  ["is tried again", {}],
  ["is inspected and tried again", { effect: "changes", inspect: () => ({ status: "not_done" }) }],
] as const)("a suspect isn't cleared by a lost attempt that %s", async ([, more]) => {
  const tool = slow(more);
  await using engine = await startTestEngine({ tools: [tool] });
  await using proxy = await startTcpProxy(engine.database.engineUrl);
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.slow" }]));
  await engine.startWorker({ config: { databaseUrl: proxy.url, leaseMs } });
  await engine.until(async () => tool.started.length === 1);
  proxy.cut();
  await engine.startWorker({ config: { leaseMs } });
  await engine.until(async () => tool.started.length === 2);
  const crashes = async (): Promise<unknown> =>
    (await engine.admin.query("SELECT crashes FROM runs WHERE id = $1", [run])).rows[0].crashes;
  expect(await crashes()).toBe(1);
  tool.finish.resolve(null);
  await engine.reaches(run, "succeeded");
  expect(await crashes()).toBe(0);
});

test("while a suspect has the worker for itself, the database says so, and others wait", async () => {
  const tool = slow();
  await using engine = await startTestEngine({ tools: [tool, echo] });
  const suspect = await engine.submit(engine.plan([{ id: "a", tool: "test.slow" }]));
  await engine.admin.query("UPDATE runs SET crashes = 4 WHERE id = $1", [suspect]);
  await engine.startWorker();
  await engine.until(async () => tool.started.length === 1);
  const { rows } = await engine.admin.query("SELECT alone_with FROM workers");
  expect(rows).toEqual([{ alone_with: suspect }]);
  const other = await engine.submit(engine.plan([{ id: "a", tool: "test.echo" }]));
  tool.finish.resolve(null);
  await engine.reaches(other, "succeeded");
  const events = await engine.admin.query("SELECT run_id FROM events WHERE type = 'run.finished' ORDER BY xid");
  expect(events.rows.map((row) => row.run_id as string)).toEqual([suspect, other]);
});

test("only the suspect that needs it is run alone; those that crashed less come in company", async () => {
  const tool = slow();
  await using engine = await startTestEngine({ tools: [tool, echo] });
  const plan = engine.plan([{ id: "a", tool: "test.slow" }]);
  const [mild, other, worst] = [await engine.submit(plan), await engine.submit(plan), await engine.submit(plan)];
  await engine.admin.query("UPDATE runs SET crashes = CASE WHEN id = $1 THEN 4 ELSE 1 END", [worst]);
  await engine.startWorker();
  await engine.until(async () => tool.started.length === 1);
  const { rows } = await engine.admin.query("SELECT alone_with FROM workers");
  expect(rows).toEqual([{ alone_with: worst }]);
  await engine.startWorker();
  await engine.until(async () => tool.started.length === 3);
  tool.finish.resolve(null);
  for (const run of [mild, other, worst]) await engine.reaches(run, "succeeded");
});

test("a worker that is declared dead before its first heartbeat registers anew and works", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  await engine.admin.query(`CREATE FUNCTION bury_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM workers) THEN NEW.state := 'dead'; END IF; RETURN NEW; END $$`);
  await engine.admin.query("CREATE TRIGGER b BEFORE INSERT ON workers FOR EACH ROW EXECUTE FUNCTION bury_first()");
  await engine.startWorker();
  await engine.reaches(await engine.submit(engine.plan([{ id: "a", tool: "test.echo" }])), "succeeded");
  const { rows } = await engine.admin.query("SELECT state FROM workers ORDER BY started_at");
  expect(rows.map((row) => row.state as string)).toEqual(["dead", "active"]);
});

test("a worker ends although the database went away while it registered anew", async () => {
  await using engine = await startTestEngine({ tools: [echo] });
  await using proxy = await startTcpProxy(engine.database.engineUrl);
  const worker = await engine.startWorker({ config: { databaseUrl: proxy.url, leaseMs, drainGraceMs: 500 } });
  const { session } = worker.stats();
  proxy.cut();
  await engine.startWorker({ config: { leaseMs } });
  await engine.until(async () => {
    const { rows } = await engine.admin.query("SELECT state FROM workers WHERE id = $1", [session]);
    return rows[0]?.state === "dead";
  });
  proxy.heal();
  await engine.until(async () => worker.stats().session === null);
  proxy.cut();
  await worker.drain();
  expect(worker.stats().state).toBe("stopped");
});
