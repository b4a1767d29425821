import { expect, test } from "vitest";
import { drainWorker } from "../../../platform/src/store/journal/sessions.ts";
import { workChannel } from "../../../platform/src/store/journal/notify.ts";
import { startTestEngine } from "../../support/engine.ts";
import { createMemoryRunner } from "../../support/memory-runner.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

test("a drained worker finishes the step that runs, hands its run over, takes nothing more, and works again when told to", async () => {
  const finish = Promise.withResolvers<null>();
  const started: string[] = [];
  const slow = {
    name: "test.slow",
    run: ({ attemptId }: { attemptId: string }) => {
      started.push(attemptId);
      return finish.promise;
    },
  };
  const next = { name: "test.next", run: () => null };
  await using engine = await startTestEngine({ tools: [slow, next] });
  const tell = async (wanted: boolean): Promise<void> => {
    await drainWorker(engine.admin, String(drained.stats().session), wanted);
    await engine.db.query(`NOTIFY ${workChannel}`);
  };
  const drained = await engine.startWorker();
  const run = await engine.submit(
    engine.plan([
      { id: "a", tool: "test.slow" },
      { id: "b", tool: "test.next", after: ["a"] },
    ]),
  );
  await engine.until(async () => started.length === 1);
  await tell(true);
  const later = await engine.submit(engine.plan([{ id: "c", tool: "test.next" }]));
  const runner = createMemoryRunner([slow, next]);
  const other = await engine.startWorker({ runner });
  await engine.reaches(later, "succeeded");
  expect(drained.stats()).toMatchObject({ holdsLease: true, runs: 1, attempts: 1 });
  finish.resolve(null);
  await engine.reaches(run, "succeeded");
  const workers = (await engine.events(run)).flatMap((event) =>
    event.type === "attempt.started" ? [event.data.worker] : [],
  );
  expect(workers).toEqual([drained.stats().session, other.stats().session]);
  expect(drained.stats()).toMatchObject({ holdsLease: true, runs: 0 });

  await other.drain();
  const last = await engine.submit(engine.plan([{ id: "d", tool: "test.next" }]));
  await tell(false);
  await engine.reaches(last, "succeeded");
});

test("a drained worker that lost its lease comes back drained", async () => {
  await using engine = await startTestEngine({ tools: [] });
  await using proxy = await startTcpProxy(engine.database.engineUrl);
  const leaseMs = 1_000;
  const worker = await engine.startWorker({ config: { databaseUrl: proxy.url, leaseMs } });
  const before = String(worker.stats().session);
  await drainWorker(engine.admin, before, true);
  proxy.cut();
  await engine.startWorker({ config: { leaseMs } });
  await engine.until(async () => (await engine.admin.query("SELECT FROM workers WHERE state = 'dead'")).rowCount === 1);
  proxy.heal();
  await engine.until(async () => worker.stats().session !== before && worker.stats().holdsLease);
  const { rows } = await engine.admin.query("SELECT state FROM workers WHERE id = $1", [worker.stats().session]);
  expect(rows).toEqual([{ state: "draining" }]);
});
