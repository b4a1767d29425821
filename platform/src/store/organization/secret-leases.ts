import type { Queryable } from "../queryable.ts";

/** A credential that Vault made for a run. */
export interface SecretLease {
  org: string;
  id: string;
  run: string;
  attempt: string;
  project: string;
  environment: string;
  connection: string;
  path: string;
  /** Vault's; null while it is being asked for. */
  lease: string | null;
  renewable: boolean;
  ttlSeconds: number;
  expiresAt: Date;
  status: "asked" | "live" | "revoking";
  tries: number;
}

const columns = `l.org, l.id, l.run_id AS run, l.attempt_id AS attempt, l.project, l.environment, l.connection, l.path, l.lease,
  l.renewable, l.ttl_seconds AS "ttlSeconds", l.expires_at AS "expiresAt", l.status, l.tries`;

/** Before Vault is asked: should this process die then, it shows that something may be left there. */
export async function insertLease(
  db: Queryable,
  one: Pick<SecretLease, "org" | "id" | "run" | "attempt" | "project" | "environment" | "connection" | "path">,
): Promise<void> {
  await db.query(
    `INSERT INTO secret_leases (org, id, run_id, attempt_id, project, environment, connection, path, status, expires_at, due_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'asked', now() + interval '1 hour', now() + interval '5 minutes')`,
    [one.org, one.id, one.run, one.attempt, one.project, one.environment, one.connection, one.path],
  );
}

/** It is good for so long: it is renewed after two thirds of it, or let go at its end. */
export async function holdLeaseFor(
  db: Queryable,
  { org, id, lease, renewable, ttlSeconds }: Pick<SecretLease, "org" | "id" | "lease" | "renewable" | "ttlSeconds">,
): Promise<void> {
  await db.query(
    `UPDATE secret_leases SET lease = $3, renewable = $4, ttl_seconds = $5::int, tries = 0, failure = NULL,
        status = CASE WHEN status = 'asked' THEN 'live' ELSE status END, expires_at = now() + $5::int * interval '1 second',
        due_at = now() + $5::int * interval '1 second' * CASE WHEN $4 THEN 2.0 / 3 ELSE 1 END
      WHERE org = $1 AND id = $2`,
    [org, id, lease, renewable, ttlSeconds],
  );
}

export async function removeLease(db: Queryable, { org, id }: Pick<SecretLease, "org" | "id">): Promise<void> {
  await db.query("DELETE FROM secret_leases WHERE org = $1 AND id = $2", [org, id]);
}

/** It is tried again after `waitMs`. */
export async function noteLeaseFailure(
  db: Queryable,
  { org, id }: Pick<SecretLease, "org" | "id">,
  { failure, waitMs }: { failure: string; waitMs: number },
): Promise<void> {
  await db.query(
    `UPDATE secret_leases SET tries = tries + 1, failure = $3, due_at = now() + $4 * interval '1 millisecond'
      WHERE org = $1 AND id = $2`,
    [org, id, failure, waitMs],
  );
}

/**
 * Takes leases that something is to be done for: whose run has ended, or whose time has come. Others leave them alone for a
 * minute; should this process die, they are taken again then.
 */
export async function takeDueLeases(db: Queryable, limit: number): Promise<SecretLease[]> {
  const { rows } = await db.query<SecretLease>({
    name: "take-due-leases",
    text: `UPDATE secret_leases l SET due_at = now() + interval '1 minute',
        status = CASE WHEN due.ended AND l.status = 'live' THEN 'revoking' ELSE l.status END
      FROM (
        SELECT o.org, o.id, r.id IS NULL OR r.finished_at IS NOT NULL AS ended
          FROM secret_leases o LEFT JOIN runs r ON r.id = o.run_id
         WHERE o.due_at <= now() OR (o.status = 'live' AND (r.id IS NULL OR r.finished_at IS NOT NULL))
         ORDER BY o.due_at LIMIT $1 FOR UPDATE OF o SKIP LOCKED) due
      WHERE l.org = due.org AND l.id = due.id RETURNING ${columns}`,
    values: [limit],
  });
  return rows;
}

export async function anyLease(db: Queryable): Promise<boolean> {
  return ((await db.query("SELECT FROM secret_leases LIMIT 1")).rowCount ?? 0) > 0;
}

export interface LeaseNumbers {
  open: number;
  /** Of them those that Vault couldn't be told to end or prolong. */
  failing: number;
  oldestFailureSeconds: number;
}

/** Over all organizations. */
export async function readLeaseNumbers(db: Queryable): Promise<LeaseNumbers> {
  const { rows } = await db.query<{ leases: LeaseNumbers }>("SELECT lease_metrics() AS leases");
  return (rows[0] as { leases: LeaseNumbers }).leases;
}
