import { join } from "node:path";
import { errorData } from "@gantry/sdk";
import type { Pool } from "pg";
import { z } from "zod";
import {
  createBackup,
  listBackupFiles,
  restoreBackup,
  verifyBackup,
  type KeySource,
  type Manifest,
} from "../backup/index.ts";
import { createFileBackend, type BlobBackend } from "../blobs/index.ts";
import type { Config } from "../config.ts";
import type { Log } from "../lib/log.ts";
import { createUuidV7 } from "../lib/uuid-v7.ts";
import {
  attachEmbeddedPostgres,
  bootstrapDatabase,
  connect,
  deriveRolePasswords,
  startEmbeddedPostgres,
  type DatabaseUrls,
} from "../postgres/index.ts";
import { loadOrCreateKeyring, type Keyring } from "../secrets/index.ts";
import { insertBackup } from "../store/backups.ts";
import { migrations } from "./database.ts";
import { readVersion } from "./version.ts";

/** What the program does instead of serving, and then ends. */
export const Task = z.discriminatedUnion("task", [
  z.object({
    task: z.literal("backup.create"),
    folder: z.string().min(1),
    blobs: z.enum(["include", "reference"]).default("include"),
  }),
  z.object({ task: z.literal("backup.list"), folder: z.string().min(1) }),
  z.object({ task: z.literal("backup.verify"), file: z.string().min(1) }),
  z.object({ task: z.literal("restore"), file: z.string().min(1), replace: z.string().nullable().default(null) }),
]);
export type Task = z.infer<typeof Task>;

/** Does one thing with an installation's data, whether its server runs or not. @returns what the task found or made. */
export async function runTask(config: Config, task: Task, log: Log): Promise<object> {
  switch (task.task) {
    case "backup.create":
      return makeBackup(config, task, log);
    case "backup.list":
      return { backups: await listBackupFiles(task.folder) };
    case "backup.verify":
      return { file: task.file, ...summaryOf(await verifyBackup(task.file, await backupKey(config))) };
    case "restore":
      return restore(config, task, log);
    default:
      return task satisfies never;
  }
}

async function makeBackup(
  config: Config,
  { folder, blobs }: { folder: string; blobs: "include" | "reference" },
  log: Log,
): Promise<object> {
  const keyring = await loadOrCreateKeyring(config.keyFile);
  const key = await backupKey(config);
  return withDatabase(config, { keyring, log, alone: false }, async (urls, pool) => {
    const newId = createUuidV7();
    const startedAt = new Date();
    const backends = await openBackends(config, pool);
    const deps = { backupUrl: urls.backupUrl, keyring, backends, release: readVersion(), newId, log };
    const record = { scheduled: false, startedAt };
    try {
      const { file, bytes, manifest } = await createBackup(deps, { folder, key, blobs });
      const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
      const takenAt = new Date(manifest.takenAt);
      await insertBackup(pool, {
        ...record,
        id: manifest.id,
        file,
        takenAt,
        bytes,
        rows,
        blobs: manifest.blobs.count,
        error: null,
      });
      return { file, bytes, ...summaryOf(manifest) };
    } catch (error) {
      const { code, message } = errorData(error);
      const nothing = { takenAt: null, bytes: null, rows: null, blobs: null };
      await insertBackup(pool, { ...record, ...nothing, id: newId(), file: folder, error: { code, message } }).catch(
        () => undefined,
      );
      throw error;
    }
  });
}

async function restore(
  config: Config,
  { file, replace }: { file: string; replace: string | null },
  log: Log,
): Promise<object> {
  const keyring = await loadOrCreateKeyring(config.keyFile);
  const key = await backupKey(config);
  // Before a server is started or a database is made for it.
  await verifyBackup(file, key);
  return withDatabase(config, { keyring, log, alone: true }, async ({ migratorUrl }, pool) => {
    // Ours would count as somebody who is connected.
    await pool.end();
    const files = createFileBackend(join(config.dataDir, "blobs"));
    const deps = { migratorUrl, migrations, keyring, files, newId: createUuidV7(), log };
    return { file, ...summaryOf(await restoreBackup(deps, { file, key, replace })) };
  });
}

/** What people and scripts want to know of a backup. */
function summaryOf({ tables, migrations: applied, ...manifest }: Manifest): object {
  return {
    ...manifest,
    migration: applied.at(-1)?.name ?? null,
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    tables: tables.map(({ schema, name, rows, sha256 }) => ({ name: `${schema}.${name}`, rows, sha256 })),
  };
}

/** What backups are closed and opened with: a passphrase or a key file where one is set, or else the platform key. */
export async function backupKey(config: Config): Promise<KeySource> {
  const { passphrase, keyFile } = config.backup;
  if (passphrase !== undefined) return { kind: "passphrase", passphrase };
  if (keyFile !== undefined) return { kind: "file", keyring: await loadOrCreateKeyring(keyFile) };
  return { kind: "platform", keyring: await loadOrCreateKeyring(config.keyFile) };
}

async function openBackends(config: Config, pool: Pool): Promise<BlobBackend[]> {
  const files = createFileBackend(join(config.dataDir, "blobs"));
  if (config.s3 === undefined) return [files];
  const { openS3 } = await import("../blobs/s3/index.ts");
  return [files, (await openS3(config.s3, { db: pool, now: Date.now })).backend];
}

/** The database with its roles. `alone`: an embedded server must not be running; else a running one is used. */
async function withDatabase<T>(
  config: Config,
  { keyring, log, alone }: { keyring: Keyring; log: Log; alone: boolean },
  work: (urls: DatabaseUrls, pool: Pool) => Promise<T>,
): Promise<T> {
  const server = await openServer(config, log, alone);
  try {
    const urls = await bootstrapDatabase({
      adminUrl: server.adminUrl,
      passwords: deriveRolePasswords(keyring.deriveKey("database-roles")),
      log,
      ...(config.databaseUrl === undefined ? { database: "gantry" } : {}),
    });
    const pool = connect(urls.engineUrl, { name: "gantry-task", max: 2, log });
    try {
      return await work(urls, pool);
    } finally {
      if (!pool.ended) await pool.end();
    }
  } finally {
    await server.stop();
  }
}

async function openServer(
  config: Config,
  log: Log,
  alone: boolean,
): Promise<{ adminUrl: string; stop(): Promise<void> }> {
  if (config.databaseUrl !== undefined) return { adminUrl: config.databaseUrl, stop: async () => undefined };
  const running = alone ? null : await attachEmbeddedPostgres({ dataDir: config.dataDir }).catch(() => null);
  if (running !== null) return { adminUrl: running.superuserUrl, stop: async () => undefined };
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, log });
  return { adminUrl: server.superuserUrl, stop: () => server.stop() };
}
