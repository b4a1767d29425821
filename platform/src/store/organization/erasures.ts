import type { ClientBase, Pool } from "pg";
import type { Queryable } from "../queryable.ts";

export interface OpenErasure {
  org: string;
  name: string;
  actor: { kind: string; id: string; name: string };
  startedAt: Date;
}

/** Organizations that are being deleted, the oldest request first. */
export async function openErasures(db: Queryable): Promise<OpenErasure[]> {
  const { rows } = await db.query<OpenErasure>(
    `SELECT organization AS org, name, actor, started_at AS "startedAt" FROM organization_erasures
      WHERE erased_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

export interface LiveRun {
  id: string;
  /** Nothing will come of it by itself: it waits for a person, or it killed its workers. */
  stuck: boolean;
}

/** Runs that haven't ended. A canceled one whose outcome nobody knows waits for people who can't sign in any more. */
export async function liveRuns(db: Queryable, org: string): Promise<LiveRun[]> {
  const { rows } = await db.query<LiveRun>(
    `SELECT r.id, r.owner IS NULL AND (r.poisoned OR (r.status = 'needs_attention' AND EXISTS (
         SELECT FROM inbox m WHERE m.run_id = r.id AND m.kind = 'cancel' AND m.handled_at IS NOT NULL))) AS stuck
       FROM runs r WHERE r.org = $1 AND r.finished_at IS NULL ORDER BY r.id`,
    [org],
  );
  return rows;
}

/** What is known of it before anything is erased; asked again it keeps the larger number. */
export async function noteErasure(db: Queryable, org: string, unsettled: readonly string[]): Promise<void> {
  await db.query(
    `UPDATE organization_erasures SET unsettled = $2, audit_head = COALESCE(audit_head, audit_head($1)),
        blobs = GREATEST(blobs, (SELECT count(*) FROM blobs WHERE org = $1)) WHERE organization = $1`,
    [org, JSON.stringify(unsettled)],
  );
}

export async function someBlobs(db: Queryable, org: string, most: number): Promise<`sha256:${string}`[]> {
  const { rows } = await db.query<{ digest: `sha256:${string}` }>("SELECT digest FROM blobs WHERE org = $1 LIMIT $2", [
    org,
    most,
  ]);
  return rows.map(({ digest }) => digest);
}

/** Erases some rows of one table. @returns false when nothing but the organization is left. */
export async function erasePart(pool: Pool, org: string, most: number): Promise<boolean> {
  return ((await pool.query("SELECT FROM erase_part($1, $2)", [org, most])).rowCount ?? 0) > 0;
}

export interface ErasureFacts {
  counts: Record<string, number>;
  blobs: number;
  unsettled: string[];
  auditHead: string | null;
}

export async function erasureFacts(db: Queryable, org: string): Promise<ErasureFacts | null> {
  const { rows } = await db.query<ErasureFacts>(
    `SELECT counts, blobs::float8 AS blobs, unsettled, audit_head AS "auditHead" FROM organization_erasures
      WHERE organization = $1 AND erased_at IS NULL FOR UPDATE`,
    [org],
  );
  return rows[0] ?? null;
}

export async function endErasure(
  tx: ClientBase,
  { org, receipt, signature, at }: { org: string; receipt: string; signature: string; at: Date },
): Promise<void> {
  await tx.query("SELECT end_erasure($1, $2, $3, $4)", [org, receipt, signature, at]);
}
