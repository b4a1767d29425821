import { expect, test } from "vitest";
import { newestFeedPosition, readFeed, type FeedPosition } from "../../../platform/src/store/journal/event-feed.ts";
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

test("a feed is in the order of transactions also where their numbers get another digit, page by page", async () => {
  await using engine = await startTestEngine({ tools });
  const { org } = engine.organization;
  // Numbers that were given out already, and so are below any reader's bound.
  const numbers = [9, 10, 11, 99, 100];
  await engine.admin.query(
    `INSERT INTO events (org, run_id, seq, type, at, actor, data, xid)
     SELECT $1, gen_random_uuid(), 1, 'run.resumed', 1, '{}', '{}', n::text::xid8 FROM unnest($2::int[]) n`,
    [org, numbers],
  );
  expect((await newestFeedPosition(engine.db, org))?.xid).toBe("100");
  const read: number[] = [];
  for (let after: FeedPosition | null = null; ;) {
    const page = await readFeed(engine.db, org, after, 2);
    read.push(...page.map(({ position }) => Number(position.xid)));
    if (page.length < 2) break;
    after = page.at(-1)?.position ?? null;
  }
  expect(read).toEqual(numbers);
});
