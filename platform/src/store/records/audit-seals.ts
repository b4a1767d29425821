import type { ClientBase } from "pg";
import type { Queryable } from "../queryable.ts";

/** A seal as it is stored. 64-bit numbers as text. */
export interface SealRow {
  org: string;
  n: number;
  from: string;
  to: string;
  count: number;
  /** Of the leaves together: SHA-256, hex. */
  digest: string;
  prev: string | null;
  hash: string;
  kid: string;
  signature: string;
  sealedAt: Date;
}

export type OpenSeal = Pick<SealRow, "org" | "n" | "from" | "to" | "count" | "digest" | "prev">;

/** Nothing else takes it: one process seals at a time. */
const advisoryLock = 7_203_933;
/** Rows of a seal, but for the last transaction's, which stay together. */
export const rowsPerSeal = 20_000;

/**
 * Stores, per organization, the hashes of all rows that came to the end of the feed since its last seal; what is returned must
 * be sealed in the same transaction. Null: another process is at it.
 */
export async function takeLeaves(tx: ClientBase): Promise<OpenSeal[] | null> {
  const { rows: locks } = await tx.query<{ locked: boolean }>("SELECT pg_try_advisory_xact_lock($1) AS locked", [
    advisoryLock,
  ]);
  if (locks[0]?.locked !== true) return null;
  const { rows } = await tx.query<Omit<OpenSeal, "n"> & { n: string }>({
    name: "take-audit-leaves",
    text: `WITH heads AS MATERIALIZED (
        SELECT o.org, COALESCE(h.n, 0) + 1 AS n, COALESCE(h.to_xid, '0') AS lo, h.hash AS prev,
          pg_snapshot_xmin(pg_current_snapshot()) AS hi
        FROM (SELECT org FROM organizations UNION ALL SELECT '00000000-0000-0000-0000-000000000000') o
        LEFT JOIN LATERAL (SELECT s.n, s.to_xid, s.hash FROM audit_seals s WHERE s.org = o.org ORDER BY s.n DESC LIMIT 1) h ON true),
      bounds AS MATERIALIZED (
        SELECT h.org, h.n, h.lo, h.prev, COALESCE((
          SELECT (e.xid::text::bigint + 1)::text::xid8 FROM events e WHERE e.org = h.org AND e.xid >= h.lo AND e.xid < h.hi
          ORDER BY e.xid OFFSET ${rowsPerSeal} LIMIT 1), h.hi) AS hi
        FROM heads h),
      found AS MATERIALIZED (
        SELECT b.*, l.count, l.leaves FROM bounds b CROSS JOIN LATERAL (
          SELECT count(*)::int AS count, string_agg(r.leaf, ''::bytea ORDER BY r.xid, r.kind, r.id, r.seq) AS leaves
          FROM audit_rows(b.org, b.lo, b.hi) r) l
        WHERE l.count > 0),
      kept AS (INSERT INTO audit_leaves (org, n, leaves) SELECT org, n, leaves FROM found)
      SELECT org, n::text AS n, lo::text AS "from", hi::text AS "to", count, encode(sha256(leaves), 'hex') AS digest, prev FROM found`,
    values: [],
  });
  return rows.map((row) => ({ ...row, n: Number(row.n) }));
}

export async function insertSeals(tx: Queryable, seals: readonly SealRow[]): Promise<void> {
  await tx.query({
    name: "insert-audit-seals",
    text: `INSERT INTO audit_seals (org, n, from_xid, to_xid, count, digest, prev, hash, kid, signature, sealed_at)
      SELECT s.org, s.n, s.lo::xid8, s.hi::xid8, s.count, s.digest, s.prev, s.hash, s.kid, s.signature, s.at
      FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::timestamptz[]) s (org, n, lo, hi, count, digest, prev, hash, kid, signature, at)`,
    values: [
      seals.map(({ org }) => org),
      seals.map(({ n }) => n),
      seals.map(({ from }) => from),
      seals.map(({ to }) => to),
      seals.map(({ count }) => count),
      seals.map(({ digest }) => digest),
      seals.map(({ prev }) => prev),
      seals.map(({ hash }) => hash),
      seals.map(({ kid }) => kid),
      seals.map(({ signature }) => signature),
      seals.map(({ sealedAt }) => sealedAt),
    ],
  });
}

const sealColumns = `n::float8 AS n, org, from_xid::text AS "from", to_xid::text AS "to", count, digest, prev, hash, kid, signature,
  sealed_at AS "sealedAt"`;

/** The newest seal; null while nothing is sealed. */
export async function lastSeal(db: Queryable, org: string): Promise<SealRow | null> {
  const { rows } = await db.query<SealRow>(
    `SELECT ${sealColumns} FROM audit_seals WHERE org = $1 ORDER BY n DESC LIMIT 1`,
    [org],
  );
  return rows[0] ?? null;
}

/** Seals behind `after` with the hashes of their rows (null when they are gone), in their order. */
export async function readSeals(
  db: Queryable,
  org: string,
  after: number,
  limit: number,
): Promise<(SealRow & { leaves: Buffer | null })[]> {
  const { rows } = await db.query<SealRow & { leaves: Buffer | null }>(
    `SELECT ${sealColumns}, (SELECT l.leaves FROM audit_leaves l WHERE l.org = s.org AND l.n = s.n) AS leaves
       FROM audit_seals s WHERE s.org = $1 AND s.n > $2 ORDER BY s.n LIMIT $3`,
    [org, after, limit],
  );
  return rows;
}

/** A row of the trail as it stands now, with its hash computed anew. */
export interface TrailRow {
  xid: string;
  /** Of the run for an event. */
  id: string;
  seq: number;
  kind: "event" | "record";
  type: string;
  redacted: boolean;
  leaf: Buffer;
}

/** Rows of the transactions from `from` to before `to`, in the order of seals. */
export async function readTrail(db: Queryable, org: string, from: string, to: string): Promise<TrailRow[]> {
  const { rows } = await db.query<Omit<TrailRow, "kind"> & { kind: number }>(
    `SELECT xid::text AS xid, kind, id, seq, type, redacted, leaf FROM audit_rows($1, $2::xid8, $3::xid8)
      ORDER BY audit_rows.xid, audit_rows.kind, audit_rows.id, audit_rows.seq`,
    [org, from, to],
  );
  return rows.map((row) => ({ ...row, kind: row.kind === 0 ? "event" : "record" }));
}

/** Hashes of events and records that were purged; only of those whose purge is on record. */
export async function readPurgedLeaves(db: Queryable, org: string): Promise<{ run: string; leaves: Buffer }[]> {
  const { rows } = await db.query<{ run: string; leaves: Buffer }>(
    `SELECT run_id AS run, leaves FROM audit_purged_leaves WHERE org = $1 AND run_id::text IN (
       SELECT json_array_elements_text(target -> 'runs') FROM audit_records WHERE org = $1 AND action = 'runs.purge'
       UNION ALL SELECT target ->> 'purge' FROM audit_records WHERE org = $1 AND action = 'audit.purge')`,
    [org],
  );
  return rows;
}

/**
 * What was taken out of records and events, and is on record: by its name the hash of what it is now, or null for a record that was
 * emptied. The last word counts.
 */
export async function readRedactions(db: Queryable, org: string): Promise<Map<string, string | null>> {
  const { rows } = await db.query<{ name: string; leaf: string | null }>(
    `SELECT x.name, x.leaf FROM audit_records r CROSS JOIN LATERAL (
         SELECT 'record ' || json_array_elements_text(r.target -> 'records') AS name, NULL AS leaf
         UNION ALL SELECT key, value FROM json_each_text(r.target -> 'rewritten')) x
      WHERE r.org IS NOT DISTINCT FROM NULLIF($1::uuid, '00000000-0000-0000-0000-000000000000') AND r.action = 'audit.redact'
      ORDER BY r.xid, r.id`,
    [org],
  );
  return new Map(rows.map(({ name, leaf }) => [name, leaf]));
}

/** Keeps the hashes of runs that are about to be purged, in the transaction that purges them. */
export async function keepPurgedLeaves(tx: Queryable, runs: readonly string[]): Promise<void> {
  await tx.query(
    `WITH before AS (DELETE FROM audit_rewritten_events WHERE run_id = ANY ($1) RETURNING run_id, seq, leaf)
     INSERT INTO audit_purged_leaves (org, run_id, leaves)
     SELECT e.org, e.run_id, string_agg(COALESCE(b.leaf, audit_event_leaf(e.org, e.run_id, e.seq, e.type, e.at, e.actor, e.data)), ''::bytea ORDER BY e.seq)
       FROM events e LEFT JOIN before b ON b.run_id = e.run_id AND b.seq = e.seq WHERE e.run_id = ANY ($1) GROUP BY e.org, e.run_id`,
    [runs],
  );
}
