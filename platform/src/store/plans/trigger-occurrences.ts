import type { OccurrenceOutcome } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

export interface OccurrenceRow {
  id: string;
  outcome: OccurrenceOutcome;
  reason: string | null;
  at: Date;
  recordedAt: Date;
  run: string | null;
  digest: string | null;
  count: number;
  lastAt: Date;
}

export interface NewOccurrence {
  id: string;
  org: string;
  trigger: string;
  /** Unix milliseconds. */
  at: number;
  outcome: OccurrenceOutcome;
  reason: string | null;
  run: string | null;
  digest: string | null;
  count?: number;
  lastAt?: number;
}

const columns = `id, outcome, reason, at, created_at AS "recordedAt", run_id AS run, digest, count::int AS count, last_at AS "lastAt"`;

/**
 * Takes all the keys that make an occurrence that very one, or finds who has one of them. Whoever tries the same at the same
 * time waits here until the first has committed.
 * @returns the key that is taken and the occurrence that has it; null when all are this one's now.
 */
export async function takeKeys(
  db: Queryable,
  { org, trigger, keys, occurrence }: { org: string; trigger: string; keys: readonly string[]; occurrence: string },
): Promise<{ key: string; occurrence: string } | null> {
  const { rows } = await db.query<{ key: string; occurrence: string | null }>({
    name: "take-trigger-keys",
    // In the same order for everybody, so that nobody waits in a circle.
    text: `WITH had AS (SELECT key, occurrence FROM trigger_keys WHERE trigger_id = $2 AND key = ANY ($3::text[])),
      put AS (
        INSERT INTO trigger_keys (org, trigger_id, key, occurrence)
        SELECT $1, $2, k, $4 FROM unnest($3::text[]) k WHERE NOT EXISTS (SELECT FROM had) ORDER BY k
        ON CONFLICT DO NOTHING RETURNING key)
      SELECT key, occurrence FROM had UNION ALL
      SELECT k, NULL FROM unnest($3::text[]) k WHERE NOT EXISTS (SELECT FROM had) AND k NOT IN (SELECT key FROM put)
      ORDER BY key DESC LIMIT 1`,
    values: [org, trigger, [...keys], occurrence],
  });
  const [taken] = rows;
  if (taken === undefined) return null;
  // Somebody was quicker by a moment; what they committed is seen by the next statement.
  return { key: taken.key, occurrence: taken.occurrence ?? (await holderOf(db, trigger, taken.key)) ?? occurrence };
}

async function holderOf(db: Queryable, trigger: string, key: string): Promise<string | null> {
  const { rows } = await db.query<{ occurrence: string }>(
    "SELECT occurrence FROM trigger_keys WHERE trigger_id = $1 AND key = $2",
    [trigger, key],
  );
  return rows[0]?.occurrence ?? null;
}

export async function insertOccurrence(db: Queryable, one: NewOccurrence): Promise<OccurrenceRow> {
  const { rows } = await db.query<OccurrenceRow>({
    name: "insert-occurrence",
    text: `INSERT INTO trigger_occurrences (org, id, trigger_id, at, outcome, reason, run_id, digest, count, last_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING ${columns}`,
    values: [
      one.org,
      one.id,
      one.trigger,
      new Date(one.at),
      one.outcome,
      one.reason === null ? null : storable(one.reason),
      one.run,
      one.digest,
      one.count ?? 1,
      new Date(one.lastAt ?? one.at),
    ],
  });
  return rows[0] as OccurrenceRow;
}

export interface Refusals {
  /** For the row, if it is the first of its reason and hour. */
  id: string;
  org: string;
  trigger: string;
  outcome: OccurrenceOutcome;
  reason: string;
  count: number;
  /** Unix milliseconds. */
  firstAt: number;
  lastAt: number;
}

/** Adds to the count of the hour, so that whoever sends rubbish fills no table. */
export async function countRefusals(db: Queryable, one: Refusals): Promise<void> {
  await db.query({
    name: "count-trigger-refusals",
    text: `INSERT INTO trigger_occurrences AS o (org, id, trigger_id, at, outcome, reason, bucket, count, last_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      ON CONFLICT (trigger_id, bucket) DO UPDATE
        SET count = o.count + excluded.count, last_at = GREATEST(o.last_at, excluded.last_at)`,
    values: [
      one.org,
      one.id,
      one.trigger,
      new Date(one.firstAt),
      one.outcome,
      one.reason,
      `${one.outcome} ${new Date(one.firstAt).toISOString().slice(0, 13)}`,
      one.count,
      new Date(one.lastAt),
    ],
  });
}

export interface OccurrencePosition {
  /** To the microsecond, which a Date doesn't hold. */
  at: string;
  id: string;
}

/** Of one trigger, newest first, behind a position. */
export async function listOccurrences(
  db: Queryable,
  trigger: string,
  outcome: OccurrenceOutcome | null,
  after: OccurrencePosition | null,
  limit: number,
): Promise<{ row: OccurrenceRow; position: OccurrencePosition }[]> {
  const { rows } = await db.query<OccurrenceRow & { position: string }>(
    `SELECT ${columns}, created_at::text AS position FROM trigger_occurrences
      WHERE trigger_id = $1 AND ($2::text IS NULL OR outcome = $2)
        AND ($3::timestamptz IS NULL OR (created_at, id) < ($3::timestamptz, $4::uuid))
      ORDER BY created_at DESC, id DESC LIMIT $5`,
    [trigger, outcome, after?.at ?? null, after?.id ?? null, limit],
  );
  return rows.map(({ position, ...row }) => ({ row, position: { at: position, id: row.id } }));
}

export async function findOccurrence(db: Queryable, id: string): Promise<OccurrenceRow | null> {
  const { rows } = await db.query<OccurrenceRow>(`SELECT ${columns} FROM trigger_occurrences WHERE id = $1`, [id]);
  return rows[0] ?? null;
}

/** The newest of each trigger. */
export async function latestOccurrences(
  db: Queryable,
  triggers: readonly string[],
): Promise<Map<string, OccurrenceRow>> {
  const { rows } = await db.query<OccurrenceRow & { trigger: string }>(
    `SELECT o.*, t.id AS trigger FROM unnest($1::uuid[]) AS t (id) CROSS JOIN LATERAL (
       SELECT ${columns} FROM trigger_occurrences WHERE trigger_id = t.id ORDER BY created_at DESC, id DESC LIMIT 1) o`,
    [[...triggers]],
  );
  return new Map(rows.map(({ trigger, ...row }) => [trigger, row]));
}

/** How many came within the last minute, counted up to the limit. */
export async function countRecent(db: Queryable, trigger: string, limit: number): Promise<number> {
  const { rows } = await db.query<{ n: number }>({
    name: "count-recent-occurrences",
    text: `SELECT count(*)::int AS n FROM (
      SELECT 1 FROM trigger_occurrences WHERE trigger_id = $1 AND created_at > now() - interval '1 minute' LIMIT $2) r`,
    values: [trigger, limit],
  });
  return rows[0]?.n ?? 0;
}

/** `text` columns take neither NUL nor lone surrogates; reasons are for people, so half a page is enough. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\u2400").slice(0, 1_000);
}
