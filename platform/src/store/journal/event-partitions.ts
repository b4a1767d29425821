import type { Queryable } from "../queryable.ts";

/** The months of the journal, over all organizations. */
export interface JournalNumbers {
  partitions: number;
  bytes: number;
  /** The first month, as 2026-11; null: from the beginning. */
  since: string | null;
  /** The month before which partitions end. */
  until: string;
  /** Events of runs that fit into no month, counted to a thousand. */
  strays: number;
}

/** Makes those of the next months that are missing. @returns how many. @throws where others hold the journal for long. */
export async function makeEventPartitions(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ made: number }>("SELECT make_event_partitions() AS made");
  return rows[0]?.made ?? 0;
}

/**
 * Drops the oldest partition that is over and empty.
 * @returns its name; null when there is none. @throws where others hold the journal for long.
 */
export async function dropEmptyEventPartition(db: Queryable): Promise<string | null> {
  const { rows } = await db.query<{ name: string | null }>("SELECT drop_empty_event_partition() AS name");
  return rows[0]?.name ?? null;
}

export async function readJournalNumbers(db: Queryable): Promise<JournalNumbers> {
  const { rows } = await db.query<{ numbers: JournalNumbers }>("SELECT journal_metrics() AS numbers");
  const numbers = rows[0]?.numbers;
  if (numbers === undefined) throw new Error("journal_metrics() gave no row.");
  return numbers;
}
