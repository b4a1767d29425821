import { crashPoints } from "../../../platform/src/lib/crash-points.ts";
import type { Round } from "../round.ts";
import { storm, type StormOptions } from "./storm.ts";

/** SIGKILL at every named point of the engine, at its first or a later passing. */
export async function crashAtPoints(round: Round): Promise<void> {
  await crash(round, { workers: 4 });
}

/** The same with more workers, which are cheap to start. */
export async function crashCrowdAtPoints(round: Round): Promise<void> {
  await crash(round, { workers: 5, light: true, load: 60 });
}

async function crash(round: Round, options: Pick<StormOptions, "workers" | "light" | "load">): Promise<void> {
  const { random } = round;
  const armed = new Map<string, number>();
  await storm(round, {
    ...options,
    arm: () => {
      // The point that was tried least often so far.
      const counts = crashPoints.map((point) => armed.get(point) ?? 0);
      const least = Math.min(...counts);
      const fault = random.pick(crashPoints.filter((_, index) => counts[index] === least));
      armed.set(fault, (armed.get(fault) ?? 0) + 1);
      return { fault, crashAt: `${fault}:${random.int(1, 4)}` };
    },
  });
}
