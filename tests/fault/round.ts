import { setTimeout as delay } from "node:timers/promises";
import { FinalStatus, type JsonObject } from "@gantry/sdk";
import { insertRuns } from "./insert-runs.ts";
import { judge, sideBySide, type Expected, type Verdict } from "./judge.ts";
import type { Random } from "./random.ts";
import { stopProcess } from "./processes.ts";
import { until, type Stage, type WorkerOptions, type WorkerProcess } from "./stage.ts";

export interface RoundOptions {
  stage: Stage;
  random: Random;
  /** Kills, cuts and stops that the round is to make, at least one. */
  kills: number;
  note(text: string): void;
}

/** One fault at work on one load: what was submitted, what was broken, and what came of it. */
export interface Round extends RoundOptions {
  /** Faults made so far, by name. */
  readonly faults: Map<string, number>;
  count(fault: string): void;
  total(): number;
  submit(
    runbook: string,
    options?: { ms?: number; environment?: string; ends?: readonly string[]; parameters?: JsonObject },
  ): Promise<string>;
  /** Straight into the database, since what matters is that they are there: the API is not what is tried. */
  submitMany(runbook: string, count: number): Promise<void>;
  /** One of the forms of plans that can go wrong in ways of their own. */
  submitAny(): Promise<string>;
  unfinished(): Promise<number>;
  /** Unfinished ones when it was last looked. */
  open(): number;
  /** It is stopped with the round. */
  startWorker(options?: WorkerOptions): Promise<WorkerProcess>;
  /** Nobody settles unknown outcomes meanwhile: a stopped worker may still have its effect. */
  withoutPersons<T>(work: () => Promise<T>): Promise<T>;
  /** Done after everything else of the round. */
  cleanUp(work: () => Promise<void>): void;
  /** Waits until every run has ended and every process is gone, then compares journal and ledger. */
  finish(options?: { toolsMayFail?: boolean; patienceMs?: number }): Promise<Verdict>;
}

const shapes = ["sequence", "fan", "timer", "signal", "parent", "exclusive", "fire", "commands", "undone"] as const;

export function openRound(options: RoundOptions): Round {
  const { stage, random, note } = options;
  const faults = new Map<string, number>();
  const expected: Expected[] = [];
  const workers = new Set<WorkerProcess>();
  const cleanUps: (() => Promise<void>)[] = [];
  /** Those of them that have not been seen at their end. */
  const open = new Set<string>();
  const expect = (run: string, runbook: string, ends: readonly string[]): void => {
    expected.push({ run, runbook, ends });
    open.add(run);
  };
  const persons = startPersons(stage, expected);

  const submit: Round["submit"] = async (
    runbook,
    { ms = 0, environment = "dev", ends = ["succeeded"], parameters = {} } = {},
  ) => {
    const { id } = await stage.requester.runs.create({
      runbook: `fault.${runbook}`,
      environment,
      parameters: { ledger: stage.ledger, ms, ...parameters },
    });
    expect(id, runbook, ends);
    return id;
  };
  const unfinished = async (): Promise<number> => {
    const { rows } = await stage.db.query<{ id: string }>(
      "SELECT id FROM runs WHERE id = ANY ($1::uuid[]) AND status = ANY ($2)",
      [[...open], FinalStatus.options],
    );
    for (const { id } of rows) open.delete(id);
    return open.size;
  };

  return {
    ...options,
    faults,
    count: (fault) => void faults.set(fault, (faults.get(fault) ?? 0) + 1),
    total: () => [...faults.values()].reduce((sum, n) => sum + n, 0),
    submit,
    submitMany: async (runbook, count) => {
      const parameters = { ledger: stage.ledger, ms: 0 };
      const { plan, digest } = await stage.requester.plans.create({
        runbook: `fault.${runbook}`,
        environment: "dev",
        parameters,
      });
      const ids = await insertRuns(stage.db, { plan, digest, count });
      for (const run of ids) expect(run, runbook, ["succeeded"]);
    },
    submitAny: () => {
      // Commands cost a process each; they take their share, not more.
      const runbook = random.next() < 0.05 ? "commands" : random.pick(shapes.filter((one) => one !== "commands"));
      const ends = runbook === "undone" ? ["undone"] : ["succeeded"];
      const environment = random.next() < 0.15 ? "staging" : "dev";
      return submit(runbook, {
        ms: random.int(0, 30),
        environment,
        ends,
        parameters: { section: `s${random.int(1, 3)}` },
      });
    },
    unfinished,
    open: () => open.size,
    startWorker: async (worker) => {
      const started = await stage.startWorker(worker);
      workers.add(started);
      return started;
    },
    cleanUp: (work) => void cleanUps.push(work),
    withoutPersons: async (work) => {
      persons.pause();
      try {
        return await work();
      } finally {
        persons.goOn();
      }
    },
    finish: async ({ toolsMayFail = false, patienceMs = 300_000 } = {}) => {
      await until("every run has ended", async () => ((await unfinished()) === 0 ? true : undefined), patienceMs).catch(
        (error: unknown) => note(String(error)),
      );
      await persons.stop();
      const stubborn = await Promise.all([...workers].map((worker) => stopProcess(worker)));
      const left = await settled(() => stage.strangers());
      for (const work of cleanUps) await work();
      const verdict = await judge({ db: stage.db, expected, entriesOf: stage.entriesOf, toolsMayFail });
      for (const process of left)
        verdict.complaints.push({ run: "", what: `this process was left behind: ${process}` });
      if (stubborn.includes(true))
        verdict.complaints.push({ run: "", what: "a worker did not stop when it was told to" });
      for (const run of new Set(verdict.complaints.map((one) => one.run))) {
        if (run !== "") note(`run ${run}:\n${await sideBySide(stage.db, run, stage.entriesOf)}`);
      }
      return verdict;
    },
  };
}

/** Supervisors of commands need a moment to end. */
async function settled(look: () => Promise<string[]>): Promise<string[]> {
  for (let tries = 0; ; tries += 1) {
    const left = await look();
    if (left.length === 0 || tries > 100) return left;
    await delay(100);
  }
}

interface Persons {
  pause(): void;
  goOn(): void;
  stop(): Promise<void>;
}

/** Who approves, signals, and says what became of the attempts that nobody could inspect: they look into the ledger. */
function startPersons(stage: Stage, expected: readonly Expected[]): Persons {
  let stopping = false;
  let paused = false;
  const work = async (): Promise<void> => {
    while (!stopping) {
      // An answer that is late or refused comes again: what it was about is still there, or it isn't.
      await lookOnce(stage, expected, paused).catch(() => {});
      await delay(150);
    }
  };
  const working = work();
  return {
    pause: () => void (paused = true),
    goOn: () => void (paused = false),
    stop: async () => {
      stopping = true;
      await working;
    },
  };
}

async function lookOnce(stage: Stage, expected: readonly Expected[], paused: boolean): Promise<void> {
  const { rows } = await stage.db.query<{ id: string; status: string; waiting: { on: string; detail: string } | null }>(
    `SELECT id, status, waiting FROM runs WHERE (id = ANY ($1::uuid[]) OR parent = ANY ($1::uuid[]))
       AND status IN ('waiting_for_approval', 'needs_attention', 'waiting', 'undoing', 'canceling') AND waiting IS NOT NULL LIMIT 50`,
    [expected.map(({ run }) => run)],
  );
  await Promise.allSettled(
    rows.map(async ({ id, waiting }) => {
      if (waiting?.on === "approval") return stage.approver.runs.approve(id, { hash: waiting.detail });
      if (waiting?.on === "signal") return stage.requester.runs.signal(id, { name: "go" });
      const step = /^Did step (\S+) take effect/.exec(waiting?.detail ?? "")?.[1];
      if (waiting?.on !== "person" || step === undefined || paused) return undefined;
      const done = (await stage.entriesOf([id])).some((entry) => entry.step === step && entry.kind === "applied");
      return stage.requester.runs.settle(id, {
        step,
        outcome: done ? "done" : "not_done",
        output: { attempt: "person" },
      });
    }),
  );
}
