/**
 * One shard: an installation of its own, faults on it one after the other until the kills are made. What it does follows
 * from its seed. Prints a line of JSON per round (`ShardLine`); notes go to stderr.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fastDirectory } from "../support/fast-directory.ts";
import { carryOut, faults } from "./faults/index.ts";
import { killAll } from "./processes.ts";
import { createRandom } from "./random.ts";
import { openRound } from "./round.ts";
import type { ShardLine } from "./shard-line.ts";
import { openStage } from "./stage.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    kills: { type: "string", default: "1" },
    "per-round": { type: "string", default: "500" },
    /** Names with commas between them, carried out once each, in their short form. */
    plan: { type: "string" },
    only: { type: "string" },
  },
});
const random = createRandom(Number(values.seed));
const [kills, perRound] = [Number(values.kills), Number(values["per-round"])];
const planned = values.plan?.split(",");

const progressMs = 10_000;
const note = (text: string): void => void process.stderr.write(`seed ${values.seed}: ${text}\n`);
const parent = await fastDirectory();
await mkdir(parent, { recursive: true });
const folder = await mkdtemp(join(parent, "gantry-fault-"));
await using stage = await openStage(folder);
// Given up when whoever started it is gone.
process.stdin.resume().once("end", () => void giveUp());

let made = 0;
while (planned ? planned.length > 0 : made < kills) {
  const name = planned?.shift() ?? values.only ?? draw();
  const [short, long] = faults[name]?.kills ?? [1, 1];
  const from = performance.now();
  const round = openRound({
    stage,
    random,
    kills: values.plan === undefined ? Math.max(1, Math.min(long, perRound, kills - made)) : short,
    note,
  });
  const progress = setInterval(() => {
    const seconds = Math.round((performance.now() - from) / 1_000);
    note(`${name}: ${round.total()} of ${round.kills} kills, ${round.open()} runs under way, ${seconds} s`);
  }, progressMs);
  const verdict = await carryOut(name, round);
  clearInterval(progress);
  made += round.total();
  const line: ShardLine = {
    seed: Number(values.seed),
    fault: name,
    kills: round.total(),
    points: Object.fromEntries(round.faults),
    seconds: Math.round((performance.now() - from) / 1_000),
    ...verdict,
  };
  console.log(JSON.stringify(line));
}
process.stdin.pause().removeAllListeners();

async function giveUp(): Promise<never> {
  killAll();
  await stage.killPostgres().catch(() => {});
  await rm(folder, { recursive: true, force: true });
  process.exit(1);
}

/** By weight; what can't be made here is left out. */
function draw(): string {
  const able = Object.entries(faults).filter(([, { whyNot }]) => (whyNot?.() ?? null) === null);
  let left = random.next() * able.reduce((sum, [, { weight }]) => sum + weight, 0);
  for (const [name, { weight }] of able) {
    left -= weight;
    if (left < 0) return name;
  }
  return "points";
}
