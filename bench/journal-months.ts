import type pg from "pg";
import { newestFeedPosition, readFeed } from "../platform/src/store/journal/event-feed.ts";
import { sequence } from "./bench-agent.ts";
import { median, timed, type Measure } from "./measure.ts";
import { openStage, type Stage } from "./stage.ts";

const runs = 200;
const steps = 10;
const months = 36;
const warmUps = 10;
const rounds = 25;
const reads = 50;

/** What three years of months cost: writing, and reading an organization's feed, against the same journal in one table. */
export async function measureJournalMonths(): Promise<Measure[]> {
  await using many = await openStage({ arrange: addMonths });
  await using single = await openStage({ arrange: makeOneTable });
  for (let index = 0; index < warmUps; index += 1) {
    await write(single);
    await write(many);
    await readTail(single);
    await readTail(many);
  }
  const [floor, engine, ratios] = [[] as number[], [] as number[], [] as number[]];
  const [oneTail, manyTails] = [[] as number[], [] as number[]];
  for (let index = 0; index < rounds; index += 1) {
    const [one, other] = [await write(single), await write(many)];
    floor.push((runs * steps * 1_000) / one);
    engine.push((runs * steps * 1_000) / other);
    ratios.push(one / other);
    oneTail.push(await readTail(single));
    manyTails.push(await readTail(many));
  }
  return [
    {
      name: "journal.months.write",
      value: median(engine),
      unit: "steps/s",
      floor: median(floor),
      ratio: median(ratios),
      target: { atLeast: 0.9 },
      what: `${runs} runs of ${steps} durable steps at once, with ${months} older months in the journal; floor: the journal in one table`,
    },
    {
      name: "journal.months.feed",
      value: median(manyTails),
      unit: "ms",
      floor: median(oneTail),
      ratio: null,
      target: { atMost: 5 },
      what: "a reader of the organization's feed finds the end and that nothing is behind it, with as many months; floor: one table",
    },
  ];
}

async function write(stage: Stage): Promise<number> {
  const plan = stage.plan(sequence(steps));
  const ids = await Promise.all(Array.from({ length: runs }, () => stage.submit(plan)));
  return timed(async () => {
    await stage.wake();
    await stage.until(ids, "succeeded");
  });
}

/** Milliseconds of one reading. */
async function readTail({ db, org }: Stage): Promise<number> {
  const client = await db.connect();
  const all = await timed(async () => {
    for (let index = 0; index < reads; index += 1) {
      await readFeed(client, org, await newestFeedPosition(client, org), 200);
    }
  });
  client.release();
  return all / reads;
}

async function addMonths(owner: pg.Client): Promise<void> {
  for (let index = 1; index <= months; index += 1) {
    await owner.query(
      `CREATE TABLE events_before_${index} PARTITION OF events
       FOR VALUES FROM (first_id_of(month_of(now() - interval '1 day', -${index})))
       TO (first_id_of(month_of(now() - interval '1 day', 1 - ${index})))`,
    );
  }
}

/** As it was before there were months: the same columns, index and policies. */
async function makeOneTable(owner: pg.Client): Promise<void> {
  await owner.query(`
    ALTER TABLE events RENAME TO events_by_month;
    CREATE TABLE events (LIKE events_by_month INCLUDING DEFAULTS, PRIMARY KEY (run_id, seq));
    CREATE INDEX ON events (org, xid);
    ALTER TABLE events ENABLE ROW LEVEL SECURITY;
    ALTER TABLE events FORCE ROW LEVEL SECURITY;
    CREATE POLICY engine_all ON events TO gantry_engine USING (true) WITH CHECK (true);
    GRANT SELECT, INSERT ON events TO gantry_engine`);
}
