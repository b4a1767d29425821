import { digestOf } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

/** Keys come from users' data: one that Postgres can't keep as text, or that is too long for an index, goes by its digest. */
export function storableKey(key: string): string {
  return key.length <= 500 && key.isWellFormed() && !key.includes("\0") ? key : digestOf(key);
}

export interface SlotRequest {
  org: string;
  key: string;
  run: string;
  step: string;
  session: string;
  fence: number;
}

/**
 * Takes the slot for the run, or queues it up: the release wakes the first in the queue. Taken only while the session
 * owns the run, so that the next owner always finds what the run holds.
 * @returns the holder in the way; null when the slot is the run's (or the run is somebody else's).
 */
export async function acquireSlot(db: Queryable, request: SlotRequest): Promise<{ holder: string | null } | null> {
  const { org, run, session, fence } = request;
  const key = storableKey(request.key);
  const values = [org, key, run, request.step.toWellFormed().replaceAll("\0", ""), session, fence];
  if (await take(db, values)) return null;
  await db.query("INSERT INTO slot_waiters (org, key, run_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [
    org,
    key,
    run,
  ]);
  // It may have been released between the two; whoever waits from now on is seen by the release.
  if (await take(db, values)) return null;
  const { rows } = await db.query<{ run_id: string }>("SELECT run_id FROM slots WHERE org = $1 AND key = $2", [
    org,
    key,
  ]);
  return { holder: rows[0]?.run_id ?? null };
}

async function take(db: Queryable, values: readonly unknown[]): Promise<boolean> {
  const { rowCount } = await db.query({
    name: "take-slot",
    // The share lock keeps the run from changing hands until the slot is written.
    text: `WITH r AS (SELECT 1 FROM runs WHERE id = $3 AND owner = $5 AND fence = $6 FOR SHARE),
     s AS (INSERT INTO slots (org, key, run_id, step) SELECT $1, $2, $3, $4 FROM r
       ON CONFLICT (org, key) DO UPDATE SET step = excluded.step WHERE slots.run_id = excluded.run_id
       RETURNING org, key, run_id),
     d AS (DELETE FROM slot_waiters w USING s WHERE w.org = s.org AND w.key = s.key AND w.run_id = s.run_id)
     SELECT 1 FROM s UNION ALL SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM r)`,
    values: [...values],
  });
  return (rowCount ?? 0) > 0;
}
