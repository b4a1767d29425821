import { newestFeedPosition, readIncarnation, type FeedPosition } from "../journal/event-feed.ts";
import type { Queryable } from "../queryable.ts";

const beginning: FeedPosition = { xid: "0", run: "00000000-0000-0000-0000-000000000000", seq: 0 };

/** From now on somebody reads the organization's feed, unless somebody does already. */
export async function ensureCursor(db: Queryable, org: string): Promise<void> {
  const { xid, run, seq } = (await newestFeedPosition(db, org)) ?? beginning;
  await db.query(
    `INSERT INTO notification_cursors (org, incarnation, xid, run_id, seq) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING`,
    [org, await readIncarnation(db), xid, run, seq],
  );
}

/** Organizations whose feed goes on behind their cursor. (OFFSET: one by one, by the index; never as a join with the journal.) */
export async function organizationsWithNews(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ org: string }>({
    name: "notification-news",
    text: `SELECT c.org FROM notification_cursors c WHERE EXISTS (
        SELECT FROM events e WHERE e.org = c.org AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
          AND (e.xid, e.run_id, e.seq) > (c.xid, c.run_id, c.seq) OFFSET 0)`,
    values: [],
  });
  return rows.map(({ org }) => org);
}

/** Locks the cursor until the transaction ends. Null: another process reads this organization right now. */
export async function takeCursor(db: Queryable, org: string): Promise<(FeedPosition & { incarnation: string }) | null> {
  const { rows } = await db.query<FeedPosition & { incarnation: string }>({
    name: "notification-cursor",
    text: `SELECT incarnation, xid::text AS xid, run_id AS run, seq FROM notification_cursors
      WHERE org = $1 FOR UPDATE SKIP LOCKED`,
    values: [org],
  });
  return rows[0] ?? null;
}

export async function moveCursor(db: Queryable, org: string, to: FeedPosition): Promise<void> {
  await db.query({
    name: "notification-cursor-move",
    text: "UPDATE notification_cursors SET xid = $2, run_id = $3, seq = $4 WHERE org = $1",
    values: [org, to.xid, to.run, to.seq],
  });
}

/** After a restore into another cluster positions from before mean nothing: it goes on from what is there now. */
export async function restartCursor(db: Queryable, org: string, incarnation: string): Promise<void> {
  const { xid, run, seq } = (await newestFeedPosition(db, org)) ?? beginning;
  await db.query("UPDATE notification_cursors SET incarnation = $2, xid = $3, run_id = $4, seq = $5 WHERE org = $1", [
    org,
    incarnation,
    xid,
    run,
    seq,
  ]);
  await db.query("UPDATE subscriptions SET since = '0' WHERE org = $1", [org]);
}
