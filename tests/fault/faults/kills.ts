import { setTimeout as delay } from "node:timers/promises";
import type { Round } from "../round.ts";
import type { WorkerProcess } from "../stage.ts";
import { storm } from "./storm.ts";

/** Workers killed at any moment. */
export async function killWorkers(round: Round): Promise<void> {
  await storm(round, { workers: 3, arm: () => ({ fault: "worker" }), attack: kill(round, 1_000) });
}

/** Many workers that are cheap to start, killed as fast as they can be replaced: several at once, and in turn. */
export async function killCrowd(round: Round): Promise<void> {
  await storm(round, {
    workers: 5,
    light: true,
    load: 60,
    arm: () => ({ fault: "light-worker" }),
    attack: kill(round, 800),
  });
}

function kill(round: Round, patienceMs: number) {
  return async (worker: WorkerProcess, goOn: () => boolean): Promise<void> => {
    // Mostly in the middle of work, now and then while it is still looking for some.
    const idle = round.random.next() < 0.1;
    while (goOn()) {
      const may = await mayBeKilled(round, worker);
      if (may === "busy" || (may === "idle" && idle)) {
        await Promise.race([delay(round.random.int(0, patienceMs)), worker.ended]);
        if ((await mayBeKilled(round, worker)) !== "alone") return void worker.child.kill("SIGKILL");
      }
      await Promise.race([delay(100), worker.ended]);
    }
  };
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

/** `alone`: it has one suspect for itself, and its death would be taken for that run's fault. */
async function mayBeKilled({ stage }: Round, { pid }: WorkerProcess): Promise<"busy" | "idle" | "alone"> {
  const { rows } = await stage.db.query<{ alone: boolean; busy: boolean }>(
    `SELECT alone_with IS NOT NULL AS alone, EXISTS (SELECT 1 FROM runs r WHERE r.owner = w.id) AS busy
     FROM workers w WHERE pid = $1 AND state <> 'dead' ORDER BY started_at DESC LIMIT 1`,
    [pid],
  );
  return rows[0]?.alone ? "alone" : rows[0]?.busy ? "busy" : "idle";
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
