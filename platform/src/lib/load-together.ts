import DataLoader from "dataloader";

/**
 * Loads in batches whatever is asked for at the same time: while `atOnce` batches are under way the next gathers, so the
 * busier it gets, the fewer queries an answer costs. An answer is never older than its question: a batch begins after
 * all that it answers was asked, and nothing is kept. Questions that `identify` names alike are asked once per batch.
 */
export function loadTogether<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly (Value | Error)[]>,
  { identify, atOnce = 1, most = 500 }: { identify: (key: Key) => string; atOnce?: number; most?: number },
): (key: Key) => Promise<Value> {
  let under = 0;
  const waiting: (() => void)[] = [];
  const loader = new DataLoader<Key, Value>(
    async (keys) => {
      under += 1;
      try {
        const names = keys.map(identify);
        const different = new Map(keys.map((key, index) => [names[index], key]));
        const values = await load([...different.values()]);
        const found = new Map([...different.keys()].map((name, index) => [name, values[index]]));
        return names.map((name) => found.get(name) as Value | Error);
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
