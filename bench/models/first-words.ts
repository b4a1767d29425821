import type { Client } from "@gantry/sdk/client";
import { median, quantile, type Measure } from "../measure.ts";
import { openStage } from "../peers/stage.ts";
import { openThinkers } from "./open-thinkers.ts";
import { clock, startProvider } from "./provider.ts";

const runs = 40;
const warmUps = 5;

/** From when the provider sent the first word until somebody who follows the run over HTTP has it: worker, database and server between them. */
export async function measureFirstWords(): Promise<Measure[]> {
  await using stage = await openStage();
  await using provider = await startProvider();
  const { promise, resolve } = Promise.withResolvers<Client>();
  const options = { provider, capacity: 20, model: "late" as const, onClient: resolve };
  await using engine = await openThinkers(await stage.optionsFor("words"), options);
  const client = await promise;
  const worker = await engine.startWorker({ ledger: null, detection: "long" });
  try {
    const taken: number[] = [];
    for (let run = -warmUps; run < runs; run += 1) {
      const heard = await firstHeard(client);
      const [passed] = (await provider.take()).times.values();
      if (passed === undefined) throw new Error("The provider wasn't asked.");
      if (run >= 0) taken.push(heard - passed.first);
    }
    const what = "from the provider's first word sent until a reader of the run's stream has it, one run at a time";
    const base = { unit: "ms", floor: null, ratio: null, target: { atMost: 20 } };
    return [
      { ...base, name: "models.first_words.p50", value: median(taken), what: `p50 ${what}` },
      { ...base, name: "models.first_words.p95", value: quantile(taken, 0.95), what: `p95 ${what}` },
    ];
  } finally {
    await worker.kill();
  }
}

/** Follows a run to its end. @returns when its first words were there */
async function firstHeard(client: Client): Promise<number> {
  const { id } = await client.runs.create({ runbook: "thinker.think", environment: "dev", parameters: {} });
  let heard: number | null = null;
  for await (const item of client.runs.follow(id, { parts: true })) {
    if (item.kind === "part" && item.part.text !== "") heard ??= clock();
    if (item.kind === "event" && item.event.type === "run.finished") break;
  }
  if (heard === null) throw new Error("Nothing was heard before the run had ended.");
  return heard;
}
