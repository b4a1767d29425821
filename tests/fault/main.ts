/**
 * Fault tests: `npm run test:faults` breaks each thing once (the form that CI runs); `-- --kills 10000` goes on until so
 * many kills, cuts and stops were made, and every named point of the engine was hit 20 times, in parallel shards, each an
 * installation of its own with a seed of its own. Interrupted, the same command goes on where it was: the rounds that had
 * ended count (`--state` names the file; `--fresh` begins anew).
 * `--only <fault>` breaks one thing, `--seed n` repeats the shard with that seed, `--per-round n` makes rounds of the long form
 * smaller: less is lost with an interruption.
 * The last line is `kills=N lost=N doubled=N unknown=N`; anything lost, doubled, not ended or else wrong exits with 1.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { crashPoints } from "../../platform/src/lib/crash-points.ts";
import { faults } from "./faults/index.ts";
import { runShard, type ShardRequest } from "./run-shard.ts";
import type { ShardLine } from "./shard-line.ts";
import { openState } from "./state.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string" },
    only: { type: "string" },
    seed: { type: "string" },
    shards: { type: "string", default: String(Math.max(2, availableParallelism())) },
    state: { type: "string", default: ".gantry/fault-state.json" },
    fresh: { type: "boolean", default: false },
    "per-round": { type: "string" },
  },
});
if (values.only !== undefined && !(values.only in faults)) {
  console.error(`There is no fault ${values.only}; there are ${Object.keys(faults).join(", ")}.`);
  process.exit(2);
}
/** A new installation for each: the journal of one doesn't grow without end. */
const killsPerShard = 500;
/** Of each named point, in the long form. */
const killsPerPoint = 20;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const long = values.kills !== undefined;
const target = Number(values.kills ?? 0);
const perRound = Number(values["per-round"] ?? killsPerShard);
const state = await openState(long && values.seed === undefined ? values.state : null, {
  fresh: values.fresh,
  only: values.only ?? null,
});
const firstSeed = Number(values.seed ?? state.nextSeed ?? Math.floor(Math.random() * 1_000_000));
if (state.nextSeed !== null) say(`going on after ${state.sum().kills} kills`);
const from = { at: performance.now(), kills: state.sum().kills };
let cannot = 0;

for (const [name, { whyNot }] of Object.entries(faults)) {
  const why = whyNot?.() ?? null;
  if (why === null || (values.only ?? name) !== name) continue;
  say(`${name}: not made here: ${why}`);
  // Where everything is installed on purpose, what is missing is a mistake.
  if (process.env["CI"] && name === "clock") cannot += 1;
}

const requests = long ? longForm() : shortForm();
await Promise.all(Array.from({ length: long ? Number(values.shards) : 3 }, work));
finish();

async function work(): Promise<void> {
  for (;;) {
    const next = requests.next();
    if (next.done === true) return;
    const request = next.value;
    say(`seed ${request.seed}: ${request.plan?.join(", ") ?? request.only ?? "any fault"}`);
    await state.begin(request.seed);
    if (!(await runShard(request, note))) await state.complain(`The shard with seed ${request.seed} broke off.`);
  }
}

async function note(line: ShardLine): Promise<void> {
  const { fault, seed, kills, runs, lost, doubled, unknown, quarantined, seconds } = line;
  const aside = quarantined > 0 ? ` quarantined=${quarantined}` : "";
  say(
    `seed ${seed}: ${fault}: ${runs} runs, kills=${kills} lost=${lost} doubled=${doubled} unknown=${unknown}${aside}, ${seconds} s`,
  );
  for (const { run, what } of line.complaints) say(`  ${run} ${what}`);
  await state.add(line);
  if (!long) return;
  const { kills: made } = state.sum();
  const minutes = (performance.now() - from.at) / 60_000;
  say(`${made} of ${target} kills, ${((made - from.kills) / minutes).toFixed(1)} a minute`);
}

/** Each fault once, in three shards: much of their time they wait for leases to run out. */
function* shortForm(): Generator<ShardRequest> {
  const able = Object.keys(faults).filter((name) => (faults[name]?.whyNot?.() ?? null) === null);
  const lists =
    values.only === undefined
      ? [
          ["server", "points", "stop"],
          ["poison", "connections", "command", "postgres", "crowd"],
          ["workers", "clock", "disk", "burst", "crowd-points"],
        ]
      : [[values.only]];
  let seed = firstSeed;
  for (const list of lists) {
    const plan = list.filter((name) => able.includes(name));
    if (plan.length > 0) yield { seed, plan, kills: 1, perRound, only: null };
    seed += 1;
  }
}

function* longForm(): Generator<ShardRequest> {
  let planned = state.sum().kills;
  let seed = firstSeed;
  while (planned < target) {
    const kills = Math.min(killsPerShard, target - planned);
    planned += kills;
    yield { seed, kills, perRound, plan: null, only: values.only ?? null };
    if (values.seed !== undefined) return;
    seed += 1;
  }
  while (values.only === undefined && leastHit() < killsPerPoint) {
    yield { seed, kills: 2 * crashPoints.length, perRound, plan: null, only: "crowd-points" };
    seed += 1;
  }
}

function leastHit(): number {
  const { points } = state.sum();
  return Math.min(...crashPoints.map((point) => points[point] ?? 0));
}

function finish(): void {
  const { kills, lost, doubled, unknown, quarantined, points } = state.sum();
  for (const [point, count] of Object.entries(points).toSorted(([a], [b]) => a.localeCompare(b)))
    say(`${point}: ${count}`);
  if (quarantined > 0)
    say(`${quarantined} innocent runs were quarantined: their worker was killed while they had it for themselves`);
  for (const complaint of state.complaints()) say(`WRONG: ${complaint}`);
  console.log(`kills=${kills} lost=${lost} doubled=${doubled} unknown=${unknown}`);
  process.exitCode = lost > 0 || doubled > 0 || state.complaints().length > 0 || cannot > 0 ? 1 : 0;
}
