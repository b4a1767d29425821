import { setTimeout as delay } from "node:timers/promises";
import { NotReadyError } from "../processes.ts";
import type { Round } from "../round.ts";
import type { WorkerProcess } from "../stage.ts";

export interface StormOptions {
  workers: number;
  /** Workers that are cheap to start. */
  light?: boolean;
  /** Runs that have not ended, at most. */
  load?: number;
  /** How the next worker is started; what a kill of it counts as. */
  arm(): { crashAt?: string; fault: string };
  /** Kills it later; not needed where the worker kills itself. */
  attack?(worker: WorkerProcess, goOn: () => boolean): Promise<void>;
}

/** Workers that die and are replaced, again and again, while runs keep coming in. Afterwards two healthy ones remain. */
export async function storm(
  round: Round,
  { workers, light = false, load = 40, arm, attack }: StormOptions,
): Promise<void> {
  let stopping = false;
  const goOn = (): boolean => !stopping && round.total() < round.kills;
  const seat = async (): Promise<void> => {
    while (goOn()) {
      const { crashAt, fault } = arm();
      try {
        const worker = await round.startWorker({ light, ...(crashAt === undefined ? {} : { crashAt }) });
        const attacked = attack?.(worker, () => goOn() && worker.child.exitCode === null);
        const signal = await Promise.race([worker.ended, untilFalse(goOn)]);
        if (signal === "SIGKILL") round.count(fault);
        else worker.child.kill("SIGTERM");
        await attacked;
        if ((await worker.ended) === "SIGKILL" && signal !== "SIGKILL") round.count(fault);
      } catch (error) {
        // Some points are passed before a worker is ready.
        if (!(error instanceof NotReadyError) || error.signal !== "SIGKILL") throw error;
        round.count(fault);
      }
    }
  };
  const feed = async (): Promise<void> => {
    while (goOn()) {
      const room = Math.min(5, load - (await round.unfinished()));
      await Promise.all(Array.from({ length: Math.max(0, room) }, () => round.submitAny()));
      await delay(room > 0 ? round.random.int(0, 60) : 100);
    }
  };
  const seats = Array.from({ length: workers }, seat);
  try {
    await Promise.all([...seats, feed()]);
  } finally {
    stopping = true;
  }
  await Promise.all([round.startWorker({ light }), round.startWorker({ light })]);
}

async function untilFalse(check: () => boolean): Promise<null> {
  while (check()) await delay(50);
  return null;
}
