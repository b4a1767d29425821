import { readFile } from "node:fs/promises";
import { timed, type Measure } from "../measure.ts";
import { openStage } from "../peers/stage.ts";
import { openThinkers, ownTool } from "./open-thinkers.ts";
import { startProvider } from "./provider.ts";

const runs = 1_000;
const turns = 10;
const warmUpRuns = 20;

/** All at once on one worker, each answer of the model after 200 ms; every answer and every call of a tool in the journal. */
export async function measureAgents(): Promise<Measure[]> {
  await using stage = await openStage();
  await using provider = await startProvider({ tool: ownTool });
  await using engine = await openThinkers(await stage.optionsFor("agents"), { provider, capacity: runs });
  const worker = await engine.startWorker({ ledger: null, detection: "long" });
  try {
    await engine.run(warmUpRuns);
    await provider.take();
    const seconds = (await timed(() => engine.run(runs))) / 1_000;
    const { asked } = await provider.take();
    if (asked !== runs * turns) throw new Error(`The model was asked ${asked} times, not ${runs * turns}.`);
    const what = `${runs} runs of an agent at once on one worker, ${turns} turns each, a model that takes 200 ms`;
    return [
      {
        name: "models.agents.memory",
        value: await peakMegabytes(worker.pid),
        unit: "MB",
        floor: null,
        ratio: null,
        target: { atMost: 600 },
        what: `the most that the worker had in memory; ${what}`,
      },
      {
        name: "models.agents.turns",
        value: (runs * turns) / seconds,
        unit: "turns/s",
        floor: null,
        ratio: null,
        target: { atLeast: 150 },
        what: `turns, from the first run handed over until the last has ended; ${what}`,
      },
    ];
  } finally {
    await worker.kill();
  }
}

async function peakMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}
