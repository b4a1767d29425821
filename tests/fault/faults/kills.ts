import { setTimeout as delay } from "node:timers/promises";
import type { Round } from "../round.ts";
import { until, type WorkerProcess } from "../stage.ts";
import { storm } from "./storm.ts";

/** Workers killed at any moment. */
export async function killWorkers(round: Round): Promise<void> {
  await storm(round, {
    workers: 3,
    arm: () => ({ fault: "worker" }),
    attack: async (worker) => {
      // Mostly in the middle of work, now and then while it is still looking for some.
      if (round.random.next() < 0.9) await ownsRuns(round, worker);
      await Promise.race([delay(round.random.int(0, 1_000)), worker.ended]);
      worker.child.kill("SIGKILL");
    },
  });
}

/** The database's processes killed under load. The server starts them again. */
export async function killPostgres(round: Round): Promise<void> {
  const { stage, random } = round;
  await Promise.all([round.startWorker(), round.startWorker()]);
  while (round.total() < round.kills) {
    await submitMany(round, 12);
    await delay(random.int(50, 800));
    await stage.killPostgres();
    round.count("postgres");
    await databaseAnswers(round);
    // It is up for longer than a lease before runs may be taken over; then it may go again.
    await delay(random.int(500, 5_000));
  }
}

/** The server (API and owner of the database) killed while runs are being submitted: each comes to be exactly once. */
export async function killServer(round: Round): Promise<void> {
  const { stage, random } = round;
  await Promise.all([round.startWorker(), round.startWorker()]);
  while (round.total() < round.kills) {
    const submitting = submitMany(round, 12);
    await delay(random.int(0, 150));
    await stage.replaceServer();
    round.count("server");
    await submitting;
  }
}

/** Not while it has one suspect for itself: its death would be that run's fault, and the run be put aside. */
async function ownsRuns({ stage }: Round, { pid }: WorkerProcess): Promise<void> {
  await until(
    "a worker has work",
    async () => {
      const { rowCount } = await stage.db.query(
        "SELECT 1 FROM runs r JOIN workers w ON w.id = r.owner WHERE w.pid = $1 AND w.alone_with IS NULL LIMIT 1",
        [pid],
      );
      return rowCount === 1 ? true : undefined;
    },
    5_000,
  ).catch(() => {});
}

async function submitMany(round: Round, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => round.submitAny()));
}

async function databaseAnswers(round: Round): Promise<void> {
  for (;;) {
    try {
      await round.stage.db.query("SELECT 1");
      return;
    } catch {
      await delay(50);
    }
  }
}
