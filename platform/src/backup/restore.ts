import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GantryError, platformActor } from "@gantry/sdk";
import { engineVersion } from "@gantry/sdk/core";
import type { ClientBase } from "pg";
import type { BlobBackend } from "../blobs/index.ts";
import type { Log } from "../lib/log.ts";
import { migrate, migrateWithin, readMigrationFiles, withClient } from "../postgres/index.ts";
import type { Keyring } from "../secrets/index.ts";
import { copyIn, portableText } from "../store/installation/backup-tables.ts";
import { afterMigrations } from "../store/isolation.ts";
import {
  canSomebodySignIn,
  clearDatabase,
  countOthers,
  endCredentials,
  inspectTarget,
  openForLoading,
  passTransactions,
  readEndedCredentials,
  setSequences,
  settleRestored,
} from "../store/installation/restore-tables.ts";
import {
  BackupKeyWrongError,
  BackupNewerError,
  BackupOfOtherInstallationError,
  RestoreFailedError,
  RestoreInUseError,
  RestoreLocksOutError,
  RestoreNotEmptyError,
} from "./errors.ts";
import { readBackupFile } from "./file.ts";
import { keyId, type KeySource } from "./key.ts";
import type { Manifest } from "./manifest.ts";
import { verifyBackup } from "./verify.ts";

export interface RestoreDeps {
  /** Of the database that is restored into; it needs no other role while it loads. */
  migratorUrl: string;
  /** Folder of this release's migrations. */
  migrations: string;
  keyring: Pick<Keyring, "deriveKey">;
  /** Takes contents that were in files or a bucket; the server moves them to where it keeps them when it starts. */
  files: BlobBackend;
  newId(): string;
  log: Log;
}

export interface RestoreOptions {
  file: string;
  key: KeySource;
  /** Id of the installation that may be replaced. */
  replace: string | null;
  /** Every API key, as nobody knows which of them were revoked after the backup. */
  revokeKeys?: boolean;
}

/**
 * Puts a backup into a database. Everything is read and compared first; then one transaction makes the tables as they were,
 * loads them and stops all work until somebody resumes it. Killed at any point it leaves the database as it was.
 *
 * @throws {BackupDamagedError} @throws {BackupKeyWrongError} @throws {BackupNewerError} @throws {RestoreNotEmptyError}
 * @throws {BackupOfOtherInstallationError} @throws {RestoreInUseError} @throws {RestoreFailedError}
 */
export async function restoreBackup(deps: RestoreDeps, options: RestoreOptions): Promise<Manifest> {
  const { file, key, replace } = options;
  const manifest = await verifyBackup(file, key);
  await assertKnown(deps, file, manifest);
  deps.log.info({ file, takenAt: manifest.takenAt }, "The backup is whole; restoring it");
  await withClient(deps.migratorUrl, { name: "gantry-restore" }, async (client) => {
    await assertMayReplace(client, file, manifest, replace);
    await passTransactions(client, manifest.position.xmax, (left) =>
      deps.log.info({ left }, "Passing numbers of transactions"),
    );
    const written: { org: string; id: string }[] = [];
    try {
      await client.query("BEGIN");
      await load(client, deps, options, manifest, written);
      await client.query("COMMIT");
    } catch (error) {
      await client.query("ROLLBACK").catch(() => undefined);
      for (const { org, id } of written) await deps.files.remove(org, [id]);
      throw error instanceof GantryError ? error : new RestoreFailedError(file, error);
    }
    // Without statistics the first plans would read whole tables.
    await client.query("ANALYZE");
  });
  await migrate({
    migratorUrl: deps.migratorUrl,
    directory: deps.migrations,
    afterwards: afterMigrations,
    log: deps.log,
  });
  return manifest;
}

async function assertKnown({ migrations, keyring }: RestoreDeps, file: string, manifest: Manifest): Promise<void> {
  if (manifest.engineVersion > engineVersion)
    throw new BackupNewerError(file, manifest.release, `its runs are of engine ${manifest.engineVersion}`);
  const known = new Map((await readMigrationFiles(migrations)).map((one) => [one.id, one.sha256]));
  const unknown = manifest.migrations.find(({ id, sha256 }) => known.get(id) !== sha256);
  if (unknown !== undefined)
    throw new BackupNewerError(file, manifest.release, `this release doesn't have its migration ${unknown.name}`);
  if (manifest.platformKey !== keyId(keyring))
    throw new BackupKeyWrongError(
      file,
      `the platform key ${manifest.platformKey} to read its secrets and contents (GANTRY_KEY_FILE)`,
    );
}

async function assertMayReplace(
  client: ClientBase,
  file: string,
  manifest: Manifest,
  replace: string | null,
): Promise<void> {
  const there = await inspectTarget(client);
  if (there !== null && replace !== there.installation) throw new RestoreNotEmptyError(there);
  if (there !== null && there.installation !== manifest.installation)
    throw new BackupOfOtherInstallationError(file, { backup: manifest.installation, here: there.installation });
  const others = await countOthers(client);
  if (others > 0) throw new RestoreInUseError(others);
}

async function load(
  client: ClientBase,
  { migrations, files, newId, log }: RestoreDeps,
  { file, key, replace, revokeKeys = false }: RestoreOptions,
  manifest: Manifest,
  written: { org: string; id: string }[],
): Promise<void> {
  await client.query(portableText);
  const ended = replace === null ? { keys: [], actors: [] } : await readEndedCredentials(client);
  await clearDatabase(client);
  await migrateWithin(client, { directory: migrations, ids: new Set(manifest.migrations.map(({ id }) => id)) });
  const close = await openForLoading(client);
  const entries = readBackupFile(file, key);
  for (;;) {
    const next = await entries.next();
    if (next.done === true) break;
    const entry = next.value;
    if (entry.kind === "table")
      await pipeline(Readable.from(entry.content, { objectMode: false }), copyIn(client, entry));
    else if (entry.kind === "blob") {
      written.push({ org: entry.org, id: entry.id });
      // An earlier try may have been killed in the middle of it.
      await files.remove(entry.org, [entry.id]);
      await files.write(entry.org, entry.id, entry.content);
    } else for await (const _ of entry.content);
  }
  await setSequences(client, manifest.sequences);
  await settleRestored(client, {
    id: newId(),
    backup: manifest.id,
    takenAt: manifest.takenAt,
    release: manifest.release,
    switchId: newId(),
    actor: platformActor,
    inFiles: manifest.blobs.mode === "include",
  });
  const again = await endCredentials(client, ended, revokeKeys);
  if (revokeKeys && !(await canSomebodySignIn(client))) throw new RestoreLocksOutError();
  if (again.keys + again.actors > 0)
    log.warn(again, "Keys and actors that had ended since the backup were ended again");
  await close();
  log.info({ tables: manifest.tables.length, blobs: manifest.blobs.count }, "Everything is loaded");
}
