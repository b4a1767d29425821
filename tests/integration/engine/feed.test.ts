import { expect, test } from "vitest";
import { latestPosition, readOrganizationEvents, readRunEvents } from "../../../platform/src/store/read-events.ts";
import { startTestEngine } from "../../support/engine.ts";

const tools = [{ name: "test.echo", run: () => null }];

test("a reader of an organization never skips what commits late, and sees every event once", async () => {
  await using engine = await startTestEngine({ tools });
  const { org } = engine.organization;
  const plan = engine.plan([{ id: "a", tool: "test.echo" }]);
  const first = await engine.submit(plan);
  const late = await engine.db.connect();
  await late.query("BEGIN");
  await late.query(
    "INSERT INTO events (org, run_id, seq, type, at, actor, data) SELECT org, id, 2, 'run.resumed', 1, '{}', '{}' FROM runs WHERE id = $1",
    [first],
  );
  const second = await engine.submit(plan);

  const before = await readOrganizationEvents(engine.db, org, null, 100);
  expect(before.map(({ run, event }) => [run, event.seq])).toEqual([[first, 1]]);
  await late.query("COMMIT");
  late.release();
  const after = await engine.until(async () => {
    const events = await readOrganizationEvents(engine.db, org, before.at(-1)?.position ?? null, 100);
    return events.length === 2 && events;
  });
  expect(after.map(({ run, event }) => [run, event.seq])).toEqual([
    [first, 2],
    [second, 1],
  ]);
});

test("a position of another incarnation, or none at all, is answered with a reset", async () => {
  await using engine = await startTestEngine({ tools });
  const position = await latestPosition(engine.db);
  expect(await readOrganizationEvents(engine.db, engine.organization.org, position, 10)).toEqual([]);
  await engine.admin.query(`UPDATE installation SET value = '"restored"' WHERE key = 'incarnation'`);
  await expect(readOrganizationEvents(engine.db, engine.organization.org, position, 10)).rejects.toMatchObject({
    code: "feed_reset",
  });
  await expect(readOrganizationEvents(engine.db, engine.organization.org, "junk", 10)).rejects.toMatchObject({
    code: "feed_reset",
  });
});

test("a run's events are read from any sequence number on", async () => {
  await using engine = await startTestEngine({ tools });
  await engine.startWorker();
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.echo" }]));
  await engine.reaches(run, "succeeded");
  const all = await readRunEvents(engine.db, run, 0, 100);
  expect(all.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5]);
  expect((await readRunEvents(engine.db, run, 3, 1)).map((event) => event.seq)).toEqual([4]);
});
