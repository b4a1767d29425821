export interface Refresher {
  /** Soon, and again afterwards if it was asked for meanwhile. Of several gaps the shortest counts. */
  ask(gapMs: number): void;
  stop(): void;
}

/**
 * Repeats a read while events say that it is out of date: at once after a quiet time, then never more often than `gapMs` and never
 * busier than half of the time, however many events there are.
 */
export function createRefresher(read: () => Promise<unknown>, now = () => performance.now()): Refresher {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reading = false;
  /** Infinity while nothing is asked for. */
  let gap = Number.POSITIVE_INFINITY;
  let last = { ended: Number.NEGATIVE_INFINITY, took: 0 };

  const run = async (): Promise<void> => {
    gap = Number.POSITIVE_INFINITY;
    reading = true;
    const started = now();
    await read().catch(() => undefined);
    reading = false;
    last = { ended: now(), took: now() - started };
    if (gap < Number.POSITIVE_INFINITY) plan();
  };
  const plan = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), Math.max(0, last.ended + Math.max(gap, last.took) - now()));
  };
  return {
    ask: (gapMs) => {
      if (gapMs >= gap) return;
      gap = gapMs;
      if (!reading) plan();
    },
    stop: () => clearTimeout(timer),
  };
}
