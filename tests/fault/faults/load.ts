import { setTimeout as delay } from "node:timers/promises";
import { NotReadyError } from "../processes.ts";
import type { Round } from "../round.ts";
import { until } from "../stage.ts";

/** Thousands of runs are due at the moment at which the workers come; one of those is killed in the middle. */
export async function burst(round: Round, runs: number): Promise<void> {
  await round.submitMany("short", runs);
  const from = performance.now();
  const [first] = await Promise.all([round.startWorker(), round.startWorker()]);
  await until("a tenth has ended", async () => ((await round.unfinished()) < runs * 0.9 ? true : undefined), 300_000);
  first.child.kill("SIGKILL");
  round.count("burst");
  await round.startWorker();
  await until("all have ended", async () => ((await round.unfinished()) === 0 ? true : undefined), 300_000);
  round.note(
    `${runs} due runs ended in ${((performance.now() - from) / 1_000).toFixed(1)} s, a killed worker included`,
  );
}

/** A run that kills its worker whenever it runs is put aside; its neighbours finish. */
export async function poison(round: Round): Promise<void> {
  await round.submit("poison", { ends: ["quarantined"] });
  for (let count = 0; count < 8; count += 1) await round.submit("sequence", { ms: 50 });
  let over = false;
  const seat = async (): Promise<void> => {
    while (!over) {
      try {
        const worker = await round.startWorker();
        const ended = await Promise.race([worker.ended.then(() => true), settled(() => over)]);
        if (ended) round.count("poison");
      } catch (error) {
        if (!(error instanceof NotReadyError)) throw error;
        round.count("poison");
      }
    }
  };
  const seats = [seat(), seat()];
  await until(
    "the poison is put aside and the others are done",
    async () => ((await round.unfinished()) === 0 ? true : undefined),
    300_000,
  ).catch((error: unknown) => round.note(String(error)));
  over = true;
  await Promise.all(seats);
}

async function settled(check: () => boolean): Promise<false> {
  while (!check()) await delay(50);
  return false;
}
