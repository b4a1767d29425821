import type { Queryable } from "./queryable.ts";

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
