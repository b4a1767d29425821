import type { Queryable } from "../queryable.ts";

export interface BackupRecord {
  id: string;
  file: string;
  scheduled: boolean;
  startedAt: Date;
  takenAt: Date | null;
  finishedAt: Date;
  bytes: number | null;
  rows: number | null;
  blobs: number | null;
  error: { code: string; message: string } | null;
  removedAt: Date | null;
}

export async function insertBackup(
  db: Queryable,
  {
    id,
    file,
    scheduled,
    startedAt,
    takenAt,
    bytes,
    rows,
    blobs,
    error,
  }: Omit<BackupRecord, "finishedAt" | "removedAt">,
): Promise<void> {
  await db.query(
    `INSERT INTO backups (id, file, scheduled, started_at, taken_at, bytes, rows, blobs, error)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [id, file, scheduled, startedAt, takenAt, bytes, rows, blobs, error === null ? null : JSON.stringify(error)],
  );
}

export interface DrillRecord {
  id: string;
  backup: string;
  takenAt: Date;
  at: Date;
  error: { code: string; message: string } | null;
  report: object;
}

export async function insertDrill(
  db: Queryable,
  { id, backup, takenAt, error, report }: Omit<DrillRecord, "at">,
): Promise<void> {
  await db.query("INSERT INTO backup_drills (id, backup, taken_at, error, report) VALUES ($1, $2, $3, $4, $5)", [
    id,
    backup,
    takenAt,
    error === null ? null : JSON.stringify(error),
    JSON.stringify(report),
  ]);
}

const columns = `id, file, scheduled, started_at AS "startedAt", taken_at AS "takenAt", finished_at AS "finishedAt",
  bytes::float8 AS bytes, rows::float8 AS rows, blobs::float8 AS blobs, error, removed_at AS "removedAt"`;

/** Newest first. */
export async function listBackups(db: Queryable, limit: number): Promise<BackupRecord[]> {
  return (await db.query<BackupRecord>(`SELECT ${columns} FROM backups ORDER BY started_at DESC LIMIT $1`, [limit]))
    .rows;
}

export async function lastWholeBackup(db: Queryable): Promise<BackupRecord | null> {
  const { rows } = await db.query<BackupRecord>(
    `SELECT ${columns} FROM backups WHERE error IS NULL ORDER BY started_at DESC LIMIT 1`,
  );
  return rows[0] ?? null;
}

export async function lastDrill(db: Queryable): Promise<DrillRecord | null> {
  const { rows } = await db.query<DrillRecord>(
    `SELECT id, backup, taken_at AS "takenAt", at, error, report FROM backup_drills ORDER BY at DESC LIMIT 1`,
  );
  return rows[0] ?? null;
}

export interface BackupNumbers {
  /** Since the moment that the last whole backup shows; null: there is none. */
  backupSeconds: number | null;
  /** Since the last restore that was tried out, and whether it went well. */
  drillSeconds: number | null;
  drillFailed: boolean;
  /** The schedule's backups have failed, or haven't been made, for longer than twice its interval. */
  late: boolean;
}

export async function readBackupNumbers(db: Queryable, everyHours: number | null): Promise<BackupNumbers> {
  const { rows } = await db.query<BackupNumbers>(
    `SELECT b.age AS "backupSeconds", d.age AS "drillSeconds", COALESCE(d.failed, false) AS "drillFailed",
       $1::int IS NOT NULL AND COALESCE(b.age > 2 * $1 * 3600, now() - pg_postmaster_start_time() > make_interval(hours => 2 * $1)) AS late
     FROM (SELECT 1) one
     LEFT JOIN (SELECT EXTRACT(epoch FROM now() - taken_at)::float8 AS age FROM backups WHERE error IS NULL
       ORDER BY started_at DESC LIMIT 1) b ON true
     LEFT JOIN (SELECT EXTRACT(epoch FROM now() - at)::float8 AS age, error IS NOT NULL AS failed FROM backup_drills
       ORDER BY at DESC LIMIT 1) d ON true`,
    [everyHours],
  );
  return rows[0] ?? { backupSeconds: null, drillSeconds: null, drillFailed: false, late: false };
}

/** Whether it is time for the next one. One that failed is tried again after an hour at most. */
export async function isBackupDue(db: Queryable, everyHours: number): Promise<boolean> {
  const { rows } = await db.query<{ due: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM backups WHERE scheduled AND error IS NULL AND started_at > now() - make_interval(hours => $1))
       AND NOT EXISTS (SELECT FROM backups WHERE scheduled AND error IS NOT NULL
         AND started_at > now() - LEAST(make_interval(hours => $1), interval '1 hour')) AS due`,
    [everyHours],
  );
  return rows[0]?.due === true;
}

/** Scheduled backups in that folder that need not be kept any longer, oldest first. */
export async function listSpareBackups(
  db: Queryable,
  { folder, keep, keepDays }: { folder: string; keep: number; keepDays: number },
): Promise<{ id: string; file: string }[]> {
  const { rows } = await db.query<{ id: string; file: string }>(
    `SELECT id, file FROM (SELECT id, file, started_at, row_number() OVER (ORDER BY started_at DESC) AS place FROM backups
       WHERE scheduled AND error IS NULL AND removed_at IS NULL AND starts_with(file, $1 || '/')) b
     WHERE place > $2 AND started_at < now() - make_interval(days => $3) ORDER BY started_at`,
    [folder, keep, keepDays],
  );
  return rows;
}

export async function forgetBackup(db: Queryable, id: string): Promise<void> {
  await db.query("UPDATE backups SET removed_at = now() WHERE id = $1", [id]);
}
