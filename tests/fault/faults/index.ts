import type { Verdict } from "../judge.ts";
import type { Round } from "../round.ts";
import { fillDisks, killDuringCommands, whyNoSmallDisk } from "./commands.ts";
import { cutConnections } from "./connections.ts";
import { crashAtPoints, crashCrowdAtPoints } from "./crash-points.ts";
import { killCrowd, killPostgres, killServer, killWorkers } from "./kills.ts";
import { burst, poison } from "./load.ts";
import { fakeTime, jumpClock, stopPastLease } from "./time.ts";

export interface Fault {
  run(round: Round): Promise<void>;
  /** How many a round of it makes: in the short form, in the long one. */
  kills: readonly [number, number];
  /** How often it is drawn in the long form. */
  weight: number;
  toolsMayFail?: boolean;
  /** Why it can't be made on this machine. */
  whyNot?(): string | null;
}

/** What is broken, by name. */
export const faults: Record<string, Fault> = {
  points: { run: crashAtPoints, kills: [14, 48], weight: 3 },
  workers: { run: killWorkers, kills: [8, 40], weight: 3 },
  "crowd-points": { run: crashCrowdAtPoints, kills: [12, 100], weight: 8 },
  crowd: { run: killCrowd, kills: [10, 150], weight: 12 },
  postgres: { run: killPostgres, kills: [2, 6], weight: 1 },
  server: { run: killServer, kills: [1, 6], weight: 1 },
  connections: { run: cutConnections, kills: [12, 40], weight: 3 },
  stop: { run: stopPastLease, kills: [1, 3], weight: 1 },
  clock: {
    run: jumpClock,
    kills: [4, 12],
    weight: 1,
    whyNot: () => (fakeTime === null ? "libfaketime is missing (apt-get install faketime)" : null),
  },
  burst: { run: (round) => burst(round, 5_000), kills: [1, 1], weight: 0.2 },
  poison: { run: poison, kills: [1, 1], weight: 0.3 },
  command: { run: killDuringCommands, kills: [2, 6], weight: 1 },
  disk: { run: fillDisks, kills: [1, 1], weight: 0.3, toolsMayFail: true, whyNot: whyNoSmallDisk },
};

/** Breaks one thing and waits for the verdict. */
export async function carryOut(name: string, round: Round): Promise<Verdict> {
  const fault = faults[name];
  if (!fault) throw new Error(`There is no fault ${name}; there are ${Object.keys(faults).join(", ")}.`);
  let failure: Error | undefined;
  try {
    await fault.run(round);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(JSON.stringify(error));
  }
  const verdict = await round.finish({ toolsMayFail: fault.toolsMayFail ?? false });
  if (failure !== undefined)
    verdict.complaints.push({ run: "", what: `the fault could not be made: ${failure.stack ?? failure.message}` });
  return verdict;
}
