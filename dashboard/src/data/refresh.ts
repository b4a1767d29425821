export interface Refresher {
  /** Soon, and again afterwards if it was asked for meanwhile. */
  ask(): void;
  stop(): void;
}

/**
 * Repeats a read while events say that it is out of date: at once after a quiet time, then never more often than `gapMs` and never
 * busier than half of the time, however many events there are.
 */
export function createRefresher(
  read: () => Promise<unknown>,
  { gapMs, now = () => performance.now() }: { gapMs: number; now?: () => number },
): Refresher {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reading = false;
  let asked = false;
  let notBefore = 0;

  const run = async (): Promise<void> => {
    timer = undefined;
    asked = false;
    reading = true;
    const started = now();
    await read().catch(() => undefined);
    reading = false;
    notBefore = now() + Math.max(gapMs, now() - started);
    if (asked) plan();
  };
  const plan = (): void => {
    if (timer !== undefined || reading) return;
    timer = setTimeout(() => void run(), Math.max(0, notBefore - now()));
  };
  return {
    ask: () => {
      asked = true;
      plan();
    },
    stop: () => clearTimeout(timer),
  };
}
