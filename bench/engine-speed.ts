import { randomUUID } from "node:crypto";
import { sequence, waiting } from "./bench-agent.ts";
import { median, timed, type Measure } from "./measure.ts";
import { openStage, type Stage } from "./stage.ts";

const runs = 200;
const steps = 10;
const connections = 20;
const parked = 1_000;
const rounds = 25;
/** Both sides get faster until their code is compiled: a server that just started is not what is measured. */
const warmUps = 15;
const singleRounds = 30;

/** Throughput, latency and signalling of the whole engine, each against plain Postgres in the same minutes. */
export async function measureEngine(): Promise<Measure[]> {
  await using stage = await openStage();
  const plan = stage.plan(sequence(steps));
  const many = async () => {
    const ids = await Promise.all(Array.from({ length: runs }, () => stage.submit(plan)));
    return timed(async () => {
      await stage.wake();
      await stage.until(ids, "succeeded");
    });
  };
  for (let index = 0; index < warmUps; index += 1) {
    await plain(stage, runs);
    await many();
  }
  const [floor, engine, ratios] = [[] as number[], [] as number[], [] as number[]];
  for (let index = 0; index < rounds; index += 1) {
    const one = await plain(stage, runs);
    const other = await many();
    floor.push((runs * steps * 1_000) / one);
    engine.push((runs * steps * 1_000) / other);
    ratios.push(one / other);
  }
  return [
    {
      name: "engine.throughput",
      value: median(engine),
      unit: "steps/s",
      floor: median(floor),
      ratio: median(ratios),
      target: { atLeast: 1.5 },
      what: `${runs} runs of ${steps} durable steps at once; floor: plain Postgres, a commit per step, ${connections} connections`,
    },
    await measureSingle(stage),
    await measureSignals(stage),
  ];
}

async function measureSingle(stage: Stage): Promise<Measure> {
  const plan = stage.plan(sequence(steps));
  const [floor, engine, ratios] = [[] as number[], [] as number[], [] as number[]];
  for (let index = 0; index < singleRounds; index += 1) {
    const one = (await plain(stage, 1)) / steps;
    const id = await stage.submit(plan);
    await stage.wake();
    await stage.until([id], "succeeded");
    const { rows } = await stage.db.query<{ ms: number }>(
      `SELECT (max(at) FILTER (WHERE type = 'run.finished') - min(at) FILTER (WHERE type = 'run.started'))::float8 AS ms
       FROM events WHERE run_id = $1`,
      [id],
    );
    const other = (rows[0]?.ms ?? Number.NaN) / steps;
    floor.push(one);
    engine.push(other);
    ratios.push(other / one);
  }
  return {
    name: "engine.latency",
    value: median(engine),
    unit: "ms/step",
    floor: median(floor),
    ratio: median(ratios),
    target: { atMost: 3 },
    what: `one run of ${steps} durable steps at a time; floor: plain Postgres, a commit per step, one connection`,
  };
}

async function measureSignals(stage: Stage): Promise<Measure> {
  const plan = stage.plan(waiting());
  const times: number[] = [];
  for (let index = 0; index < 5; index += 1) {
    const ids = await Promise.all(Array.from({ length: parked }, () => stage.submit(plan)));
    await stage.wake();
    await stage.until(ids, "waiting");
    times.push(
      await timed(async () => {
        await Promise.all(ids.map((id) => stage.signal(id)));
        await stage.wake();
        await stage.until(ids, "succeeded");
      }),
    );
  }
  return {
    name: "engine.signals",
    value: median(times) / 1_000,
    unit: "s",
    floor: null,
    ratio: null,
    target: { atMost: 1 },
    what: `${parked} parked runs signalled: from the first signal sent to the last run done, a step each`,
  };
}

/** What a hand-written program would do: an INSERT per step, committed each. Milliseconds. */
function plain({ db }: Stage, count: number): Promise<number> {
  const output = JSON.stringify({ text: "x".repeat(64), before: "x".repeat(64) });
  let next = 0;
  return timed(() =>
    Promise.all(
      Array.from({ length: Math.min(connections, count) }, async () => {
        const client = await db.connect();
        for (; next < count;) {
          next += 1;
          const id = randomUUID();
          for (let step = 0; step < steps; step += 1) {
            await client.query({
              name: "plain",
              text: "INSERT INTO plain_steps VALUES ($1, $2, $3)",
              values: [id, step, output],
            });
          }
        }
        client.release();
      }),
    ),
  );
}
