/** How many places a limit has: `perMs` null means at once, else in any stretch of that many milliseconds. */
export interface Bound {
  readonly amount: number;
  readonly perMs: number | null;
}

/** What all workers share of a limit. Times are Unix milliseconds of the database. */
export interface Counter {
  /** Places taken by attempts that may not have begun, or not be over. */
  held: number;
  /** When places come free again that were used: `[time, how many]`, in order. */
  marks: [number, number][];
  /** Up to when turns are given to those who wait. */
  tail: number;
}

export const emptyCounter = (): Counter => ({ held: 0, marks: [], tail: 0 });

/** `until` null: when somebody gives a place back, which nobody can foretell. */
export type Taken = { granted: true } | { granted: false; until: number | null };

/**
 * Takes a place, or says when to come again.
 *
 * A place of a rate limit is taken before the attempt starts and comes free `perMs` after something is known of it that
 * came later than its start. So no stretch of `perMs` sees more than `amount` starts, however long after its permit an
 * attempt begins; counting at the permit (a plain token bucket) lets delays push two batches together.
 *
 * Who must wait is given a turn, `perMs / amount` after the one before; whoever comes later doesn't overtake.
 * @param turn the time that this one was told to come again; null for the first time.
 */
export function take(counter: Counter, { amount, perMs }: Bound, now: number, turn: number | null): Taken {
  if (perMs === null) {
    if (counter.held >= amount) return { granted: false, until: null };
    counter.held += 1;
    return { granted: true };
  }
  forgetOld(counter, now);
  const used = counter.held + counter.marks.reduce((sum, [, count]) => sum + count, 0);
  const isTurn = turn !== null && turn <= now;
  if (used < amount && (isTurn || counter.tail <= now)) {
    counter.held += 1;
    return { granted: true };
  }
  // Nothing held can come free earlier than one that ends this moment.
  const free = used < amount ? now + 1 : (counter.marks[0]?.[0] ?? now + perMs);
  if (isTurn) return { granted: false, until: free };
  const until = Math.ceil(Math.max(free, counter.tail));
  counter.tail = until + perMs / amount;
  return { granted: false, until };
}

/** Its attempt began before `at`: the place comes free when the stretch is over. */
export function use(counter: Counter, { perMs }: Bound, at: number): void {
  if (perMs === null) return;
  counter.held -= 1;
  // Rounded up, so that a limit of thousands keeps a few dozen marks.
  const step = Math.max(1, Math.floor(perMs / 32));
  const free = Math.ceil((at + perMs) / step) * step;
  const index = counter.marks.findIndex(([time]) => time >= free);
  const mark = counter.marks[index];
  if (mark?.[0] === free) mark[1] += 1;
  else counter.marks.splice(index < 0 ? counter.marks.length : index, 0, [free, 1]);
}

/** It never began, or (of those at once) it is over. */
export function giveBack(counter: Counter): void {
  counter.held -= 1;
}

function forgetOld(counter: Counter, now: number): void {
  while ((counter.marks[0]?.[0] ?? now + 1) <= now) counter.marks.shift();
}
