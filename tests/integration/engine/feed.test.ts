import { expect, test } from "vitest";
import { readFeed } from "../../../platform/src/store/event-feed.ts";
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

  const before = await readFeed(engine.db, org, null, 100);
  expect(before.map(({ event }) => [event.run, event.seq])).toEqual([[first, 1]]);
  await late.query("COMMIT");
  late.release();
  const after = await engine.until(async () => {
    const events = await readFeed(engine.db, org, before.at(-1)?.position ?? null, 100);
    return events.length === 2 && events;
  });
  expect(after.map(({ event }) => [event.run, event.seq])).toEqual([
    [first, 2],
    [second, 1],
  ]);
});
