import DataLoader from "dataloader";

/**
 * Loads in batches whatever is asked for at the same time: while `atOnce` batches are under way the next gathers, so the
 * busier it gets, the fewer queries an answer costs. An answer is never older than its question: a batch begins after
 * all that it answers was asked, and nothing is kept.
 */
export function loadTogether<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly (Value | Error)[]>,
  { atOnce = 1, most = 500 }: { atOnce?: number; most?: number } = {},
): (key: Key) => Promise<Value> {
  let under = 0;
  const waiting: (() => void)[] = [];
  const loader = new DataLoader<Key, Value>(
    async (keys) => {
      under += 1;
      try {
        return await load(keys);
      } finally {
        under -= 1;
        waiting.shift()?.();
      }
    },
    {
      cache: false,
      maxBatchSize: most,
      batchScheduleFn: (begin) => void (under < atOnce ? setImmediate(begin) : waiting.push(begin)),
    },
  );
  return (key) => loader.load(key);
}
