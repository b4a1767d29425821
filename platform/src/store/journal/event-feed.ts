import type { RunEvent } from "@gantry/sdk";
import type { Queryable } from "../organization.ts";

/**
 * Where a reader of an organization's feed stands. Events are in the order of the transactions that wrote them, and only
 * those below the oldest transaction that still runs are given out, so one that commits late is never skipped.
 */
export interface FeedPosition {
  /** A 64-bit number as text. */
  xid: string;
  run: string;
  seq: number;
}

export type StoredFeedEvent = RunEvent & { run: string };

/** A later position is greater. */
export function compareFeed(a: FeedPosition, b: FeedPosition): number {
  if (a.xid !== b.xid) return BigInt(a.xid) < BigInt(b.xid) ? -1 : 1;
  if (a.run !== b.run) return a.run < b.run ? -1 : 1;
  return a.seq - b.seq;
}

/**
 * Null while the organization has no event that may be given out. (Ordered by the column, here and below: `xid` alone would be the
 * text of it, in which 1000 comes before 999, and which no index is ordered by.)
 */
export async function newestFeedPosition(db: Queryable, org: string): Promise<FeedPosition | null> {
  const { rows } = await db.query<FeedPosition>({
    name: "feed-newest",
    text: `SELECT xid::text AS xid, run_id AS run, seq FROM events
      WHERE org = $1 AND xid < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY events.xid DESC, run_id DESC, seq DESC LIMIT 1`,
    values: [org],
  });
  return rows[0] ?? null;
}

/** Events behind a position (or, at null, from the first), oldest first. */
export async function readFeed(
  db: Queryable,
  org: string,
  after: FeedPosition | null,
  limit: number,
): Promise<{ position: FeedPosition; event: StoredFeedEvent }[]> {
  const { rows } = await db.query<{
    xid: string;
    run: string;
    seq: number;
    type: string;
    at: string;
    actor: object;
    data: object;
  }>({
    // The limit is part of the text: without it one plan for all positions looks dearer than planning anew for each, and
    // planning goes through all months.
    name: `feed-read-${limit}`,
    text: `SELECT xid::text AS xid, run_id AS run, seq, type, at::text AS at, actor, data FROM events
      WHERE org = $1 AND xid < pg_snapshot_xmin(pg_current_snapshot())
        AND (xid, run_id, seq) > ($2::xid8, $3::uuid, $4::int)
      ORDER BY events.xid, run_id, seq LIMIT ${limit}`,
    values: [org, after?.xid ?? "0", after?.run ?? "00000000-0000-0000-0000-000000000000", after?.seq ?? 0],
  });
  return rows.map(({ xid, run, seq, type, at, actor, data }) => ({
    position: { xid, run, seq },
    event: { type, seq, at: Number(at), actor, data, run } as unknown as StoredFeedEvent,
  }));
}

/** False when the event at the position is gone: what followed it may be gone as well. */
export async function feedReachesBack(db: Queryable, org: string, position: FeedPosition): Promise<boolean> {
  const { rowCount } = await db.query(
    "SELECT FROM events WHERE org = $1 AND run_id = $2 AND seq = $3 AND xid = $4::xid8",
    [org, position.run, position.seq, position.xid],
  );
  return (rowCount ?? 0) > 0;
}

/** Of the events that were purged, the position of the last; null when none was. */
export async function lastPurged(db: Queryable, org: string): Promise<FeedPosition | null> {
  const { rows } = await db.query<FeedPosition>({
    name: "feed-purged",
    text: "SELECT xid::text AS xid, run_id AS run, seq FROM journal_purges WHERE org = $1",
    values: [org],
  });
  return rows[0] ?? null;
}

/** Changes when the database was restored: positions from before mean nothing then. */
export async function readIncarnation(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ incarnation: string }>(
    `SELECT s.system_identifier || '.' || c.timeline_id
         || COALESCE((SELECT '.' || (value #>> '{}') FROM installation WHERE key = 'incarnation'), '') AS incarnation
       FROM pg_control_system() s, pg_control_checkpoint() c`,
  );
  return rows[0]?.incarnation ?? "";
}
