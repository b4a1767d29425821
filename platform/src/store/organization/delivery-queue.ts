import type { Destination, DeliveryAnswer, Notice, QuietHours } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

/** A subscription of which something is due. */
export interface DueSubscription {
  org: string;
  id: string;
  name: string;
  project: string | null;
  environment: string | null;
  destination: Destination;
  quietHours: QuietHours | null;
}

export interface QueuedDelivery {
  id: string;
  run: string;
  seq: number;
  kind: string;
  notice: Notice;
  attempts: number;
}

/** Subscriptions with something to send, but those that this process is sending for already. */
export async function dueSubscriptions(db: Queryable, busy: readonly string[]): Promise<DueSubscription[]> {
  const { rows } = await db.query<DueSubscription>({
    name: "subscriptions-due",
    text: `SELECT s.org, s.id, s.name, s.project, s.environment, s.destination, s.quiet_hours AS "quietHours"
      FROM subscriptions s WHERE s.id <> ALL ($1::uuid[]) AND (s.hold_until IS NULL OR s.hold_until <= now())
        AND EXISTS (SELECT FROM deliveries d WHERE d.subscription = s.id AND d.status = 'pending' AND d.due_at <= now()
          AND (s.paused_at IS NULL OR d.kind = 'test') AND (d.leased_until IS NULL OR d.leased_until <= now()))`,
    values: [busy],
  });
  return rows;
}

/**
 * Leases the first waiting delivery of up to `limit` runs: within a run none overtakes another. Two processes that look at
 * the same moment don't both get one, as the update looks at the row again once it has its lock.
 */
export async function leaseHeads(
  db: Queryable,
  { org, id }: Pick<DueSubscription, "org" | "id">,
  { lease, leaseMs, limit }: { lease: string; leaseMs: number; limit: number },
): Promise<QueuedDelivery[]> {
  const { rows } = await db.query<QueuedDelivery>({
    name: "deliveries-lease",
    text: `WITH heads AS (
        SELECT DISTINCT ON (run_id) id, due_at, leased_until, kind FROM deliveries
          WHERE subscription = $2 AND status = 'pending' AND (quiet_until IS NULL OR quiet_until <= now())
          ORDER BY run_id, seq),
      free AS (
        SELECT h.id FROM heads h JOIN subscriptions s ON s.id = $2 AND (s.paused_at IS NULL OR h.kind = 'test')
          WHERE h.due_at <= now() AND (h.leased_until IS NULL OR h.leased_until <= now())
            AND (s.hold_until IS NULL OR s.hold_until <= now())
          ORDER BY h.due_at LIMIT $5)
      UPDATE deliveries d SET lease = $3, leased_until = now() + $4 * interval '1 millisecond'
        FROM free WHERE d.org = $1 AND d.id = free.id AND d.status = 'pending'
          AND (d.leased_until IS NULL OR d.leased_until <= now())
      RETURNING d.id, d.run_id AS run, d.seq, d.kind, d.notice, d.attempts`,
    values: [org, id, lease, leaseMs, limit],
  });
  return rows;
}

/** What waits behind a leased delivery of the same run; nobody else takes it while that one is leased. */
export async function followersOf(
  db: Queryable,
  subscription: Pick<DueSubscription, "org" | "id">,
  head: QueuedDelivery,
): Promise<QueuedDelivery[]> {
  const { rows } = await db.query<QueuedDelivery>({
    name: "deliveries-behind",
    text: `SELECT id, run_id AS run, seq, kind, notice, attempts FROM deliveries
      WHERE org = $1 AND subscription = $2 AND run_id = $3 AND seq > $4 AND status = 'pending'
        AND (quiet_until IS NULL OR quiet_until <= now()) ORDER BY seq LIMIT 100`,
    values: [subscription.org, subscription.id, head.run, head.seq],
  });
  return rows;
}

/** The last sentences of a run that its subscriber was told already, oldest first. */
export async function toldBefore(
  db: Queryable,
  subscription: Pick<DueSubscription, "org" | "id">,
  run: string,
  limit: number,
): Promise<Notice[]> {
  const { rows } = await db.query<{ notice: Notice }>({
    name: "deliveries-told",
    text: `SELECT notice FROM deliveries WHERE org = $1 AND subscription = $2 AND run_id = $3 AND status = 'sent'
      ORDER BY seq DESC LIMIT $4`,
    values: [subscription.org, subscription.id, run, limit],
  });
  return rows.map(({ notice }) => notice).toReversed();
}

export type DeliveryEnd =
  | { status: "sent" | "dead" | "failed" }
  /** Tried and to be tried again. */
  | { status: "retry"; afterMs: number }
  /** Not tried, as these are quiet hours: until they end it holds up nothing. */
  | { status: "quiet"; afterMs: number }
  /** Not tried to the end, as this process ends. */
  | { status: "released" };

/** What became of leased deliveries. Nothing is written when the lease was lost: whoever has it decides. */
export async function endDeliveries(
  db: Queryable,
  org: string,
  {
    ids,
    lease,
    end,
    answer,
  }: { ids: readonly string[]; lease: string; end: DeliveryEnd; answer: DeliveryAnswer | null },
): Promise<void> {
  const open = end.status === "retry" || end.status === "quiet" || end.status === "released";
  await db.query({
    name: "deliveries-end",
    text: `UPDATE deliveries SET status = $4, attempts = attempts + $5, lease = NULL, leased_until = NULL,
        answer = COALESCE($6::json, answer), due_at = CASE WHEN $7::float8 IS NULL THEN due_at
          ELSE now() + $7 * interval '1 millisecond' END,
        quiet_until = CASE WHEN $9 THEN now() + $7 * interval '1 millisecond' END,
        ended_at = CASE WHEN $4 = 'pending' THEN NULL ELSE now() END
      WHERE org = $1 AND id = ANY ($2::uuid[]) AND status = 'pending'
        AND EXISTS (SELECT FROM deliveries l WHERE l.org = $1 AND l.id = $8 AND l.lease = $3)`,
    values: [
      org,
      ids,
      lease,
      open ? "pending" : end.status,
      end.status === "quiet" || end.status === "released" ? 0 : 1,
      answer === null ? null : JSON.stringify(answer),
      "afterMs" in end ? end.afterMs : null,
      ids[0],
      end.status === "quiet",
    ],
  });
}
