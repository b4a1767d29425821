import type { RunWrite } from "../store/journal/flush.ts";
import { BatchRejectedError, type Lane } from "../store/journal/lane.ts";
import { crashPoint } from "../lib/crash-points.ts";
import type { OwnedRun } from "./owned-run.ts";

export interface JournalDeps {
  lanes: readonly Lane[];
  /** Decides what follows from the run's pending inputs, as late as possible, so that one write takes them all. */
  prepare(run: OwnedRun): RunWrite | null;
  committed(run: OwnedRun, write: RunWrite): void;
  /** Not written: the run is not ours any more, or the guard of its attempts refused it. */
  refused(run: OwnedRun, write: RunWrite): void;
  /** The database can't store what this run alone wants to write. */
  rejected(run: OwnedRun, error: unknown): void;
  /** The lanes were closed while it waited. */
  stopped(run: OwnedRun): void;
}

export interface Journal {
  /** The run has inputs; it is written as soon as a lane is free. */
  enqueue(run: OwnedRun): void;
  /** Resolves once nothing is in line or under way. */
  idle(): Promise<void>;
  stats(): { flushes: number; writes: number; events: number };
}

const maximumBatch = 100;

interface Item {
  run: OwnedRun;
  write: RunWrite;
}

/** All runs of the process share a few writers: while one statement is under way the next gathers. */
export function createJournal(deps: JournalDeps): Journal {
  const idleLanes = [...deps.lanes];
  let line: OwnedRun[] = [];
  let scheduled = false;
  const waiters: (() => void)[] = [];
  const stats = { flushes: 0, writes: 0, events: 0 };

  const schedule = (): void => {
    if (scheduled || idleLanes.length === 0) return;
    scheduled = true;
    // After all that this turn of the event loop brings, so that reports which come together are written together.
    setImmediate(pump);
  };
  const pump = (): void => {
    scheduled = false;
    while (idleLanes.length > 0 && line.length > 0) {
      const items = gather();
      if (items.length === 0) continue;
      const lane = idleLanes.pop() as Lane;
      void write(lane, items).finally(() => {
        idleLanes.push(lane);
        if (line.length > 0) schedule();
        else noteIdle();
      });
    }
    noteIdle();
  };
  const noteIdle = (): void => {
    if (line.length > 0 || scheduled || idleLanes.length < deps.lanes.length) return;
    for (const resolve of waiters.splice(0)) resolve();
  };
  const gather = (): Item[] => {
    const items: Item[] = [];
    let taken = 0;
    while (taken < line.length && items.length < maximumBatch) {
      const run = line[taken] as OwnedRun;
      taken += 1;
      run.queued = false;
      if (run.gone || run.writing || run.recovering) continue;
      const write = deps.prepare(run);
      if (write === null) continue;
      run.writing = true;
      items.push({ run, write });
    }
    line = line.slice(taken);
    return items;
  };
  const write = async (lane: Lane, items: readonly Item[]): Promise<void> => {
    const owner = items[0]?.run.session ?? "";
    // A session that was lost leaves runs of the old one in line; they go by themselves, as one statement names one owner.
    const same = items.filter(({ run }) => run.session === owner);
    const others = items.filter(({ run }) => run.session !== owner);
    if (others.length > 0) await write(lane, others);
    crashPoint("before-flush");
    let written: Set<string>;
    try {
      written = await lane.flush(
        owner,
        same.map((item) => item.write),
      );
    } catch (error) {
      if (!(error instanceof BatchRejectedError)) {
        for (const { run } of same) {
          run.writing = false;
          deps.stopped(run);
        }
        return;
      }
      if (same.length === 1) {
        const { run } = same[0] as Item;
        run.writing = false;
        return deps.rejected(run, error.cause);
      }
      // One bad row must not fail a hundred strangers.
      const half = Math.ceil(same.length / 2);
      await write(lane, same.slice(0, half));
      return write(lane, same.slice(half));
    }
    stats.flushes += 1;
    crashPoint("after-flush-before-effects");
    for (const { run, write: done } of same) {
      run.writing = false;
      if (written.has(run.id)) {
        stats.writes += 1;
        stats.events += done.events.length;
        takeNote(run, done);
      } else deps.refused(run, done);
    }
  };

  const takeNote = (run: OwnedRun, done: RunWrite): void => {
    try {
      deps.committed(run, done);
    } catch (error) {
      // A bug that one run sets off must not end the worker and all runs with it.
      deps.rejected(run, error);
    }
  };

  return {
    enqueue: (run) => {
      if (run.queued || run.writing || run.recovering || run.gone) return;
      run.queued = true;
      line.push(run);
      schedule();
    },
    idle: () => {
      if (line.length === 0 && !scheduled && idleLanes.length === deps.lanes.length) return Promise.resolve();
      return new Promise((resolve) => waiters.push(resolve));
    },
    stats: () => ({ ...stats }),
  };
}
