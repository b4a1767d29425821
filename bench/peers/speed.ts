import { median, timed } from "../measure.ts";
import { steps, type Engine, type Peer } from "./engine.ts";
import type { WorkerProcess } from "./worker-process.ts";

const runs = 200;

export interface SpeedOptions {
  warmUps: number;
  rounds: number;
  /** Of one run at a time. */
  singles: number;
}

export interface Speed {
  /** From the first run submitted until all have ended, steps per second: the median of the rounds, and all of them. */
  throughput: number;
  throughputs: readonly number[];
  /** From the first step's beginning to the last step's, steps per second. */
  pace: number;
  /** Milliseconds between the beginnings of two steps, one run at a time. */
  latency: number;
  /** Milliseconds from submitting one run until it has ended. */
  whole: number;
}

interface Contestant {
  peer: Peer;
  engine: Engine;
  worker: WorkerProcess;
}

/** All are up; each round gives each its turn, alone. */
export async function measureSpeed(
  opened: readonly { peer: Peer; engine: Engine }[],
  { warmUps, rounds, singles }: SpeedOptions,
): Promise<Map<string, Speed>> {
  const contestants: Contestant[] = [];
  for (const { peer, engine } of opened) {
    process.stderr.write(`starting ${peer.id} …\n`);
    contestants.push({ peer, engine, worker: await engine.startWorker({ ledger: null, detection: "long" }) });
  }
  const samples = new Map(contestants.map(({ peer }) => [peer.id, emptySamples()]));
  for (let round = -warmUps; round < rounds; round += 1) {
    process.stderr.write(round < 0 ? `warm-up ${round + warmUps + 1}:` : `round ${round + 1}:`);
    // Nobody always comes after the same one.
    for (const contestant of rotated(contestants, round)) {
      const { ms, between } = await measureRuns(contestant, runs);
      process.stderr.write(` ${contestant.peer.id} ${Math.round(ms)} ms`);
      if (round < 0) continue;
      const sample = samples.get(contestant.peer.id);
      sample?.throughput.push((runs * steps * 1_000) / ms);
      sample?.pace.push(((runs * steps - 1) * 1_000) / between);
    }
    process.stderr.write("\n");
  }
  for (let round = 0; round < singles; round += 1) {
    for (const contestant of rotated(contestants, round)) {
      const { ms, between } = await measureRuns(contestant, 1);
      const sample = samples.get(contestant.peer.id);
      sample?.latency.push(between / (steps - 1));
      sample?.whole.push(ms);
    }
  }
  for (const { worker } of contestants) await worker.kill();
  return new Map(
    [...samples].map(([id, { throughput, pace, latency, whole }]) => [
      id,
      {
        throughput: median(throughput),
        throughputs: throughput,
        pace: median(pace),
        latency: median(latency),
        whole: median(whole),
      },
    ]),
  );
}

function emptySamples() {
  return { throughput: [] as number[], pace: [] as number[], latency: [] as number[], whole: [] as number[] };
}

async function measureRuns({ engine, worker }: Contestant, count: number): Promise<{ ms: number; between: number }> {
  await worker.ask("times");
  const ms = await timed(() => engine.run(count));
  const { first, last } = (await worker.ask("times")) as { first: number; last: number };
  return { ms, between: last - first };
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const from = ((by % list.length) + list.length) % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}
