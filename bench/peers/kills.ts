import { setTimeout as delay } from "node:timers/promises";
import { median } from "../measure.ts";
import { steps, type Detection, type Engine, type Peer } from "./engine.ts";
import { openLedger, type Ledger } from "./ledger.ts";
import type { WorkerProcess } from "./worker-process.ts";

const runs = 200;
const warmUp = 20;
const restartMs = 1_000;
/** What isn't over then is late, … */
const lateMs = 60_000;
/** … and then it counts as lost. */
const lostMs = 150_000;

/** Shares of all effects at which the worker is killed, one a round. */
const moments = [0.2, 0.35, 0.5, 0.65, 0.8] as const;

interface Kill {
  /** Effects that came about more often than once. */
  doubled: number;
  /** Runs that weren't through 60 s after the kill. */
  late: number;
  /** Runs that weren't through when it was given up. */
  lost: number;
  /** From the kill until all had ended, seconds; null when it was given up. */
  seconds: number | null;
}

export interface Kills {
  peer: Peer;
  detection: Detection;
  kills: readonly Kill[];
}

interface Contestant extends Kills {
  kills: Kill[];
  /** Null before the first round, and after one that was given up. */
  open: Open | null;
}

interface Open {
  engine: Engine;
  worker: WorkerProcess;
  ledger: Ledger;
}

export interface KillsOptions {
  rounds: number;
  detections: readonly Detection[];
  /** Undefined: it can't be measured here. */
  open(peer: Peer): Promise<Engine | undefined>;
}

/** A worker is killed in the midst of 200 runs and another one started a second later; the ledger knows what happened. */
export async function measureKills(peers: readonly Peer[], options: KillsOptions): Promise<Kills[]> {
  const contestants: Contestant[] = peers.flatMap((peer) =>
    options.detections
      .filter((detection) => peer.detections[detection] !== undefined)
      .map((detection) => ({ peer, detection, kills: [], open: null })),
  );
  for (let round = 0; round < options.rounds; round += 1) {
    for (const contestant of contestants) {
      const moment = moments[round % moments.length] ?? 0.5;
      const { peer, detection } = contestant;
      contestant.open ??= await openWarm(await options.open(peer), detection);
      if (contestant.open === null) continue;
      const kill = await killOnce(contestant, contestant.open, moment);
      process.stderr.write(`${peer.id}, ${detection}, killed at ${moment}: ${JSON.stringify(kill)}\n`);
      contestant.kills.push(kill);
    }
  }
  for (const { open } of contestants) if (open) await close(open);
  return contestants;
}

async function killOnce(contestant: Contestant, open: Open, moment: number): Promise<Kill> {
  const { engine, worker, ledger } = open;
  ledger.forget();
  const reached = ledger.reached(Math.round(runs * steps * moment));
  const done = engine.run(runs).then(() => performance.now());
  // Given up, it ends with its engine.
  done.catch(() => {});
  await Promise.race([reached, done]);
  await worker.kill();
  const killed = performance.now();
  await delay(restartMs);
  open.worker = await engine.startWorker({ ledger: ledger.port, detection: contestant.detection });

  const missing = () => runs - [...ledger.effects.values()].filter(({ size }) => size === steps).length;
  const until = (ms: number) =>
    Promise.race([done, delay(Math.max(1, killed + ms - performance.now()), null, { ref: false })]);
  const inTime = await until(lateMs);
  const late = missing();
  const ended = inTime ?? (await until(lostMs));
  const effects = [...ledger.effects.values()].flatMap((ofRun) => [...ofRun.values()]);
  const kill = {
    doubled: effects.filter((times) => times > 1).length,
    late,
    lost: missing(),
    seconds: ended === null ? null : (ended - killed) / 1_000,
  };
  if (ended === null) {
    // What is left of it must not count in the next round.
    await close(open);
    contestant.open = null;
  }
  return kill;
}

async function openWarm(engine: Engine | undefined, detection: Detection): Promise<Open | null> {
  if (!engine) return null;
  const ledger = await openLedger();
  const worker = await engine.startWorker({ ledger: ledger.port, detection });
  await engine.run(warmUp);
  return { engine, worker, ledger };
}

async function close(open: Open): Promise<void> {
  await open.worker.kill();
  await open.engine[Symbol.asyncDispose]();
  open.ledger[Symbol.dispose]();
}

interface Range {
  median: number;
  least: number;
  most: number;
}

interface Summary {
  doubled: Range;
  late: number;
  lost: number;
  /** Kills after which all runs ended. */
  ended: number;
  /** Of those; null when there are none. */
  seconds: Range | null;
}

export function summary({ kills }: Kills): Summary {
  const seconds = kills.flatMap((kill) => (kill.seconds === null ? [] : [kill.seconds]));
  return {
    doubled: rangeOf(kills.map((kill) => kill.doubled)),
    late: median(kills.map((kill) => kill.late)),
    lost: kills.reduce((sum, kill) => sum + kill.lost, 0),
    ended: seconds.length,
    seconds: seconds.length === 0 ? null : rangeOf(seconds),
  };
}

function rangeOf(numbers: readonly number[]): Range {
  return { median: median(numbers), least: Math.min(...numbers), most: Math.max(...numbers) };
}
