/**
 * The database's time, told by this process: what is persisted and compared across workers is never a worker's own wall
 * clock. Between two readings it runs on the monotonic clock, so a wall clock that jumps changes nothing.
 */
export interface DatabaseClock {
  /** Unix milliseconds, whole. */
  now(): number;
  /** `at`: the database's time, read at monotonic time `monotonicMs`. */
  set(at: number, monotonicMs: number): void;
}

export function createDatabaseClock(): DatabaseClock {
  let offset = Date.now() - monotonicMs();
  return {
    now: () => Math.trunc(monotonicMs() + offset),
    set: (at, monotonic) => {
      offset = at - monotonic;
    },
  };
}

/** Milliseconds of the clock that all threads of the machine share and that nobody can set. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
