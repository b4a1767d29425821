import type { Destination, QuietHours } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

export interface SubscriptionRow {
  id: string;
  name: string;
  project: string | null;
  projectName: string | null;
  environment: string | null;
  kinds: string[];
  destination: Destination;
  quietHours: QuietHours | null;
  actor: string;
  pausedAt: Date | null;
  pausedBy: string | null;
  createdAt: Date;
}

/** With how many of its deliveries wait and how many are dead. */
export type SubscriptionListRow = SubscriptionRow & { pending: number; dead: number };

const columns = `s.id, s.name, s.project, p.name AS "projectName", s.environment, s.kinds, s.destination,
  s.quiet_hours AS "quietHours", s.actor, s.paused_at AS "pausedAt", s.paused_by AS "pausedBy", s.created_at AS "createdAt"`;

/** By name, or the one of a name. */
export async function listSubscriptions(
  db: Queryable,
  org: string,
  name: string | null = null,
): Promise<SubscriptionListRow[]> {
  const { rows } = await db.query<SubscriptionListRow>(
    `SELECT ${columns},
        (SELECT count(*)::int FROM deliveries d WHERE d.subscription = s.id AND d.status = 'pending') AS pending,
        (SELECT count(*)::int FROM deliveries d WHERE d.subscription = s.id AND d.status = 'dead') AS dead
      FROM subscriptions s LEFT JOIN projects p ON p.id = s.project
      WHERE s.org = $1 AND ($2::text IS NULL OR s.name = $2) ORDER BY s.name`,
    [org, name],
  );
  return rows;
}

/** @returns false when the organization has one of that name. */
export async function insertSubscription(
  db: Queryable,
  one: Pick<SubscriptionRow, "id" | "name" | "project" | "environment" | "kinds" | "actor" | "quietHours"> & {
    org: string;
    destination: Destination;
  },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO subscriptions (org, id, name, project, environment, kinds, channel, destination, quiet_hours, actor)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
    [
      one.org,
      one.id,
      one.name,
      one.project,
      one.environment,
      one.kinds,
      one.destination.channel,
      JSON.stringify(one.destination),
      one.quietHours === null ? null : JSON.stringify(one.quietHours),
      one.actor,
    ],
  );
  return (rowCount ?? 0) > 0;
}

/** Deletes it with its deliveries and the chat messages that it knows. @returns whether there was one. */
export async function deleteSubscription(db: Queryable, org: string, name: string): Promise<boolean> {
  const { rows } = await db.query<{ id: string }>(
    "DELETE FROM subscriptions WHERE org = $1 AND name = $2 RETURNING id",
    [org, name],
  );
  const id = rows[0]?.id;
  if (id === undefined) return false;
  await db.query("DELETE FROM deliveries WHERE org = $1 AND subscription = $2", [org, id]);
  await db.query("DELETE FROM notification_threads WHERE org = $1 AND subscription = $2", [org, id]);
  return true;
}

/** Pauses (with who did it) or resumes (null). Whoever paused it first stays. */
export async function pauseSubscription(db: Queryable, org: string, name: string, by: string | null): Promise<void> {
  await db.query(
    `UPDATE subscriptions SET paused_at = CASE WHEN $3::text IS NULL THEN NULL ELSE COALESCE(paused_at, now()) END,
        paused_by = CASE WHEN $3::text IS NULL THEN NULL ELSE COALESCE(paused_by, $3) END
      WHERE org = $1 AND name = $2`,
    [org, name, by],
  );
}

/** All of the organization, for one page of its feed. `since`: only events of later transactions are for it. */
export async function readSubscriptions(db: Queryable, org: string): Promise<(SubscriptionRow & { since: string })[]> {
  const { rows } = await db.query<SubscriptionRow & { since: string }>({
    name: "subscriptions-of",
    text: `SELECT ${columns}, s.since::text AS since FROM subscriptions s LEFT JOIN projects p ON p.id = s.project
      WHERE s.org = $1`,
    values: [org],
  });
  return rows;
}

/** Its messages were refused for good: nothing is sent until somebody looks and resumes it. */
export async function pauseRefused(db: Queryable, org: string, id: string, why: string): Promise<void> {
  await db.query(
    "UPDATE subscriptions SET paused_at = COALESCE(paused_at, now()), paused_by = COALESCE(paused_by, $3) WHERE org = $1 AND id = $2",
    [org, id, why],
  );
}

/** The destination asked for patience. */
export async function holdSubscription(db: Queryable, org: string, id: string, ms: number): Promise<void> {
  await db.query(
    "UPDATE subscriptions SET hold_until = GREATEST(hold_until, now() + $3 * interval '1 millisecond') WHERE org = $1 AND id = $2",
    [org, id, ms],
  );
}
