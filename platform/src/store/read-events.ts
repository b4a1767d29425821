import { GantryError, type RunEvent } from "@gantry/sdk";
import type { Queryable } from "./queryable.ts";

/** Events of one run after a sequence number, in order. The run's numbers are dense, so nothing can be skipped. */
export async function readRunEvents(db: Queryable, run: string, after: number, limit: number): Promise<RunEvent[]> {
  const { rows } = await db.query<EventRow>({
    name: "run-events",
    text: `SELECT seq, type, at::text AS at, actor, data FROM events WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
    values: [run, after, limit],
  });
  return rows.map(toEvent);
}

export interface FeedEvent {
  run: string;
  event: RunEvent;
  /** Opaque; what comes after it is read with it. */
  position: string;
}

/** The position is of another installation or of before a restore; the reader must start over. */
export class FeedResetError extends GantryError {
  readonly code = "feed_reset";
  constructor() {
    super(
      "The position in the event feed is not one of this database (it was restored, or never was); read again from the start.",
    );
  }
}

/**
 * An organization's events of all runs, oldest transaction first. Only those below the oldest transaction that is still
 * running: one that commits late has a lower number than what was committed before it, and would be skipped otherwise.
 *
 * @param after a `position`, or null for the beginning
 * @throws FeedResetError
 */
export async function readOrganizationEvents(
  db: Queryable,
  org: string,
  after: string | null,
  limit: number,
): Promise<FeedEvent[]> {
  const incarnation = await readIncarnation(db);
  const from = after === null ? start : parsePosition(after, incarnation);
  const { rows } = await db.query<EventRow & { run_id: string; xid: string }>({
    name: "organization-events",
    text: `SELECT run_id, seq, type, at::text AS at, actor, data, xid::text AS xid FROM events
      WHERE org = $1 AND (xid, run_id, seq) > ($2::text::xid8, $3::uuid, $4::int)
        AND xid < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY xid, run_id, seq LIMIT $5`,
    values: [org, from.xid, from.run, from.seq, limit],
  });
  return rows.map((row) => ({ run: row.run_id, event: toEvent(row), position: formatPosition(incarnation, row) }));
}

/** Where the feed ends now, for readers that want only what is new. */
export async function latestPosition(db: Queryable): Promise<string> {
  const incarnation = await readIncarnation(db);
  const { rows } = await db.query<{ xid: string }>("SELECT (pg_snapshot_xmin(pg_current_snapshot()))::text AS xid");
  return formatPosition(incarnation, { run_id: start.run, seq: 0, xid: rows[0]?.xid ?? "0" });
}

interface EventRow {
  seq: number;
  type: string;
  at: string;
  actor: unknown;
  data: unknown;
}

interface Position {
  xid: string;
  run: string;
  seq: number;
}

const start: Position = { xid: "0", run: "00000000-0000-0000-0000-000000000000", seq: 0 };

async function readIncarnation(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ value: string }>({
    name: "incarnation",
    text: "SELECT value FROM installation WHERE key = 'incarnation'",
    values: [],
  });
  return rows[0]?.value ?? "";
}

function formatPosition(incarnation: string, row: { run_id: string; seq: number; xid: string }): string {
  return Buffer.from([incarnation, row.xid, row.run_id, row.seq].join(" ")).toString("base64url");
}

function parsePosition(position: string, incarnation: string): Position {
  const [of, xid, run, seq] = Buffer.from(position, "base64url").toString().split(" ");
  const wellFormed = /^\d{1,19}$/.test(xid ?? "") && /^[0-9a-f-]{36}$/.test(run ?? "") && /^\d{1,9}$/.test(seq ?? "");
  if (of !== incarnation || !wellFormed) throw new FeedResetError();
  return { xid: xid ?? "", run: run ?? "", seq: Number(seq) };
}

function toEvent({ seq, type, at, actor, data }: EventRow): RunEvent {
  return { seq, type, at: Number(at), actor, data } as RunEvent;
}
