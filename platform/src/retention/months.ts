import type { Log } from "../lib/log.ts";
import { dropEmptyEventPartition, makeEventPartitions } from "../store/journal/event-partitions.ts";
import type { Queryable } from "../store/queryable.ts";

export interface MonthsDeps {
  /** Of role gantry_engine. */
  pool: Queryable;
  log: Log;
}

/** Makes the journal's next months. Until it succeeds, what fits into none is kept apart and moves there later. */
export async function makeMonths({ pool, log }: MonthsDeps): Promise<void> {
  try {
    const made = await makeEventPartitions(pool);
    if (made > 0) log.info({ made }, "The journal has partitions for the next months");
  } catch (err) {
    log.warn({ err }, "The journal's next months can't be made; trying again later");
  }
}

/** Drops months of which no run is left. One at a time, as each holds up who writes for a moment. @returns their names. */
export async function dropEmptyMonths({ pool, log }: MonthsDeps): Promise<string[]> {
  const dropped: string[] = [];
  try {
    for (;;) {
      const name = await dropEmptyEventPartition(pool);
      if (name === null) break;
      dropped.push(name);
    }
  } catch (err) {
    log.info({ err }, "Somebody reads the journal for long; its empty months stay until later");
  }
  if (dropped.length > 0) log.info({ dropped }, "Months of the journal of which no run was left are gone");
  return dropped;
}
