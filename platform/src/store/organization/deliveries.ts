import type { DeliveryAnswer, DeliveryStatus, Notice } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

export interface NewDelivery {
  id: string;
  subscription: string;
  run: string;
  seq: number;
  kind: string;
  notice: Notice;
}

export interface DeliveryRow extends NewDelivery {
  subscriptionName: string;
  status: DeliveryStatus;
  attempts: number;
  dueAt: Date;
  createdAt: Date;
  endedAt: Date | null;
  answer: DeliveryAnswer | null;
}

export interface DeliveryFilter {
  subscription: string | null;
  status: DeliveryStatus | null;
  run: string | null;
}

/** The last delivery of a page; times to the microsecond, which a Date doesn't hold. */
export interface DeliveryPosition {
  createdAt: string;
  id: string;
}

/** Each event once per subscription, however often its page is read. `delayMs`: for more of its run to come along. */
export async function insertDeliveries(
  db: Queryable,
  org: string,
  deliveries: readonly (NewDelivery & { delayMs: number })[],
): Promise<void> {
  if (deliveries.length === 0) return;
  await db.query({
    name: "deliveries-insert",
    text: `INSERT INTO deliveries (org, id, subscription, run_id, seq, kind, notice, due_at)
      SELECT $1, i.id, i.subscription, i.run, i.seq, i.kind, i.notice, now() + i.delay * interval '1 millisecond'
        FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::text[], $7::json[], $8::int[])
          AS i (id, subscription, run, seq, kind, notice, delay)
      ON CONFLICT DO NOTHING`,
    values: [
      org,
      deliveries.map(({ id }) => id),
      deliveries.map(({ subscription }) => subscription),
      deliveries.map(({ run }) => run),
      deliveries.map(({ seq }) => seq),
      deliveries.map(({ kind }) => kind),
      deliveries.map(({ notice }) => JSON.stringify(notice)),
      deliveries.map(({ delayMs }) => delayMs),
    ],
  });
}

/** A message without a run, which is tried once. Inserted by the API, sent by whoever delivers. */
export async function insertTestDelivery(
  db: Queryable,
  org: string,
  one: Pick<NewDelivery, "id" | "subscription" | "notice">,
): Promise<void> {
  await db.query(
    "INSERT INTO deliveries (org, id, subscription, run_id, seq, kind, notice) VALUES ($1, $2, $3, $2, 0, 'test', $4)",
    [org, one.id, one.subscription, JSON.stringify(one.notice)],
  );
}

const columns = `d.id, d.subscription, s.name AS "subscriptionName", d.run_id AS run, d.seq, d.kind, d.notice, d.status,
  d.attempts, d.due_at AS "dueAt", d.created_at AS "createdAt", d.ended_at AS "endedAt", d.answer`;

export async function listDeliveries(
  db: Queryable,
  org: string,
  filter: DeliveryFilter,
  after: DeliveryPosition | null,
  limit: number,
): Promise<{ row: DeliveryRow; position: DeliveryPosition }[]> {
  const { rows } = await db.query<DeliveryRow & { at: string }>(
    `SELECT ${columns}, d.created_at::text AS at FROM deliveries d JOIN subscriptions s ON s.id = d.subscription
      WHERE d.org = $1 AND ($2::text IS NULL OR s.name = $2) AND ($3::text IS NULL OR d.status = $3)
        AND ($4::uuid IS NULL OR d.run_id = $4)
        AND ($5::timestamptz IS NULL OR (d.created_at, d.id) < ($5::timestamptz, $6::uuid))
      ORDER BY d.created_at DESC, d.id DESC LIMIT $7`,
    [org, filter.subscription, filter.status, filter.run, after?.createdAt ?? null, after?.id ?? null, limit],
  );
  return rows.map(({ at, ...row }) => ({ row, position: { createdAt: at, id: row.id } }));
}

export async function findDelivery(db: Queryable, org: string, id: string): Promise<DeliveryRow | null> {
  const { rows } = await db.query<DeliveryRow>(
    `SELECT ${columns} FROM deliveries d JOIN subscriptions s ON s.id = d.subscription WHERE d.org = $1 AND d.id = $2`,
    [org, id],
  );
  return rows[0] ?? null;
}

/** Dead letters wait to be sent again, from the first try. @returns those that were dead. */
export async function replayDeliveries(db: Queryable, org: string, ids: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `UPDATE deliveries SET status = 'pending', attempts = 0, due_at = now(), quiet_until = NULL, ended_at = NULL
      WHERE org = $1 AND id = ANY ($2::uuid[]) AND status = 'dead' RETURNING id`,
    [org, ids],
  );
  return rows.map(({ id }) => id);
}
