import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Pool } from "pg";
import { createFileBackend, type BlobBackend } from "../blobs/index.ts";
import { repeat } from "../lib/repeat.ts";
import { forgetBackup, isBackupDue, listSpareBackups } from "../store/installation/backups.ts";
import { backupKey } from "./backup-key.ts";
import type { Parts } from "./parts.ts";
import { recordedBackup } from "./recorded-backup.ts";

const lookEveryMs = 60_000;
/** Any constant: one process at a time makes a backup. */
const backupLock = 4_021_980;

/** Backs up into the configured folder when it is time, and removes what is older than need be. Every server may; a lock lets one. */
export function startBackups(parts: Parts, pool: Pool): { stop(): Promise<void> } {
  return repeat(() => backUpIfDue(parts, pool), {
    everyMs: lookEveryMs,
    log: parts.log,
    failure: "The scheduled backup failed; trying again later",
  });
}

/** One look. */
export async function backUpIfDue(
  {
    config,
    database,
    keyring,
    version,
    newId,
    log,
  }: Pick<Parts, "keyring" | "version" | "newId" | "log"> & {
    config: Pick<Parts["config"], "backup" | "dataDir" | "keyFile" | "s3">;
    database: Pick<Parts["database"], "backupUrl">;
  },
  pool: Pool,
): Promise<void> {
  const { folder, everyHours, keep, keepDays, blobs } = config.backup;
  if (folder === undefined) return;
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ mine: boolean }>("SELECT pg_try_advisory_lock($1) AS mine", [backupLock]);
    if (rows[0]?.mine !== true) return;
    try {
      if (!(await isBackupDue(client, everyHours))) return;
      const backends: BlobBackend[] = [createFileBackend(join(config.dataDir, "blobs"))];
      if (config.s3 !== undefined) {
        const { openS3 } = await import("../blobs/s3/index.ts");
        backends.push((await openS3(config.s3, { db: pool, now: Date.now })).backend);
      }
      const deps = { backupUrl: database.backupUrl, keyring, backends, release: version, newId, log };
      await recordedBackup(deps, client, { folder, key: await backupKey(config), blobs, scheduled: true });
      for (const { id, file } of await listSpareBackups(client, { folder, keep, keepDays })) {
        await unlink(file).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== "ENOENT") throw error;
        });
        await forgetBackup(client, id);
        log.info({ file }, "An old backup was removed");
      }
    } finally {
      await client.query("SELECT pg_advisory_unlock($1)", [backupLock]);
    }
  } finally {
    client.release();
  }
}
