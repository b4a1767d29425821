import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorData } from "@gantry/sdk";
import type { Pool } from "pg";
import { z } from "zod";
import {
  createBackup,
  drillBackup,
  dumpDatabase,
  listBackupFiles,
  restoreBackup,
  verifyBackup,
  type Manifest,
} from "../backup/index.ts";
import { verifyTrail } from "../audit/index.ts";
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
import { createSigner } from "../signing/index.ts";
import { insertDrill } from "../store/installation/backups.ts";
import { backupKey } from "./backup-key.ts";
import { migrations } from "./database.ts";
import { recordedBackup } from "./recorded-backup.ts";
import { readVersion } from "./version.ts";

/** What the program does instead of serving, and then ends. */
export const Task = z.discriminatedUnion("task", [
  z.object({
    task: z.literal("backup.create"),
    folder: z.string().min(1),
    blobs: z.enum(["include", "reference"]).default("include"),
  }),
  z.object({
    task: z.literal("backup.dump"),
    file: z.string().min(1),
    format: z.enum(["custom", "plain", "tar"]).default("custom"),
  }),
  z.object({ task: z.literal("backup.list"), folder: z.string().min(1) }),
  z.object({ task: z.literal("backup.verify"), file: z.string().min(1) }),
  z.object({ task: z.literal("backup.drill"), file: z.string().min(1).nullable().default(null) }),
  z.object({
    task: z.literal("restore"),
    file: z.string().min(1),
    replace: z.string().nullable().default(null),
    revokeKeys: z.boolean().default(false),
  }),
]);
export type Task = z.infer<typeof Task>;

/** Does one thing with an installation's data, whether its server runs or not. @returns what the task found or made. */
export async function runTask(config: Config, task: Task, log: Log): Promise<object> {
  switch (task.task) {
    case "backup.create":
      return makeBackup(config, task, log);
    case "backup.dump":
      return dump(config, task, log);
    case "backup.list":
      return { backups: await listBackupFiles(task.folder) };
    case "backup.verify":
      return { file: task.file, ...summaryOf(await verifyBackup(task.file, await backupKey(config))) };
    case "backup.drill":
      return drill(config, task.file, log);
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
    const backends = await openBackends(config, pool);
    const deps = { backupUrl: urls.backupUrl, keyring, backends, release: readVersion(), newId: createUuidV7(), log };
    const { file, bytes, manifest } = await recordedBackup(deps, pool, { folder, key, blobs, scheduled: false });
    return { file, bytes, ...summaryOf(manifest) };
  });
}

async function dump(
  config: Config,
  { file, format }: { file: string; format: "custom" | "plain" | "tar" },
  log: Log,
): Promise<object> {
  const keyring = await loadOrCreateKeyring(config.keyFile);
  return withDatabase(config, { keyring, log, alone: false }, ({ backupUrl }) =>
    dumpDatabase({ backupUrl, path: config.environment["PATH"] ?? "", log }, { file, format }),
  );
}

/** Tries a restore out: of the file, or of a backup that is made for it and removed again. What came of it is written down. */
async function drill(config: Config, given: string | null, log: Log): Promise<object> {
  const keyring = await loadOrCreateKeyring(config.keyFile);
  const key = await backupKey(config);
  return withDatabase(config, { keyring, log, alone: false }, async (urls, pool) => {
    const newId = createUuidV7();
    const folder = given === null ? await mkdtemp(join(tmpdir(), "gantry-drill-backup-")) : null;
    try {
      const file =
        given ??
        (
          await createBackup(
            {
              backupUrl: urls.backupUrl,
              keyring,
              backends: await openBackends(config, pool),
              release: readVersion(),
              newId,
              log,
            },
            { folder: folder ?? "", key, blobs: "include" },
          )
        ).file;
      const deps = { migrations, keyring, newId, log, now: Date.now };
      const { id, takenAt } = await verifyBackup(file, key);
      const record = { id: newId(), backup: id, takenAt: new Date(takenAt) };
      try {
        const { manifest, ...report } = await drillBackup(deps, { file, key }, (copy) =>
          examineTrail(copy, keyring, log),
        );
        await insertDrill(pool, { ...record, error: null, report });
        return { file, ...report, ...summaryOf(manifest) };
      } catch (error) {
        const { code, message } = errorData(error);
        await insertDrill(pool, { ...record, error: { code, message }, report: {} });
        throw error;
      }
    } finally {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
    }
  });
}

/** The audit trail of the restored copy, verified with the copy's own keys. */
async function examineTrail({ engineUrl }: DatabaseUrls, keyring: Keyring, log: Log): Promise<string[]> {
  const pool = connect(engineUrl, { name: "gantry-drill", max: 2, log });
  try {
    const signer = createSigner({ pool, keyring, now: Date.now });
    const { rows } = await pool.query<{ org: string }>("SELECT org FROM organizations");
    const problems: string[] = [];
    for (const { org } of rows) {
      const verdict = await verifyTrail({ db: pool, signer }, org);
      if (verdict.problems.length > 0) problems.push(`the audit trail of organization ${org} doesn't verify`);
    }
    return problems;
  } finally {
    await pool.end();
  }
}

async function restore(
  config: Config,
  { file, replace, revokeKeys }: { file: string; replace: string | null; revokeKeys: boolean },
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
    return { file, ...summaryOf(await restoreBackup(deps, { file, key, replace, revokeKeys })) };
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
