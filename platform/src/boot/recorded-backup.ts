import { errorData } from "@gantry/sdk";
import { createBackup, type CreatedBackup, type CreateDeps, type CreateOptions } from "../backup/index.ts";
import { insertBackup } from "../store/installation/backups.ts";
import type { Queryable } from "../store/queryable.ts";

/** Makes a backup and writes down that it was made, or why not. @throws as `createBackup` does */
export async function recordedBackup(
  deps: CreateDeps,
  db: Queryable,
  { scheduled, ...options }: CreateOptions & { scheduled: boolean },
): Promise<CreatedBackup> {
  const record = { scheduled, startedAt: new Date() };
  try {
    const created = await createBackup(deps, options);
    const { file, bytes, manifest } = created;
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    const takenAt = new Date(manifest.takenAt);
    await insertBackup(db, {
      ...record,
      id: manifest.id,
      file,
      takenAt,
      bytes,
      rows,
      blobs: manifest.blobs.count,
      error: null,
    });
    return created;
  } catch (error) {
    const { code, message } = errorData(error);
    const nothing = { takenAt: null, bytes: null, rows: null, blobs: null };
    const failed = { ...record, ...nothing, id: deps.newId(), file: options.folder, error: { code, message } };
    // The database may be what is wrong; the error itself says more.
    await insertBackup(db, failed).catch(() => undefined);
    throw error;
  }
}
