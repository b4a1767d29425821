import { createHash } from "node:crypto";
import { join } from "node:path";
import { engineVersion } from "@gantry/sdk/core";
import type { ClientBase } from "pg";
import { NotInBackendError, type BlobBackend } from "../blobs/index.ts";
import type { Log } from "../lib/log.ts";
import { withClient } from "../postgres/index.ts";
import type { Keyring } from "../secrets/index.ts";
import {
  beginSnapshot,
  copyOut,
  listOutsideBlobs,
  listSequences,
  listTables,
  portableText,
  readMigrations,
  readSnapshotFacts,
} from "../store/installation/backup-tables.ts";
import { BackupIncompleteError, BackupNotWrittenError } from "./errors.ts";
import { backupSuffix, writeBackupFile } from "./file.ts";
import { manifestFrame, writeEntry } from "./frames.ts";
import { describeKey, keyId, type KeySource } from "./key.ts";
import { backupFormat, type Header, type Manifest } from "./manifest.ts";

export interface CreateDeps {
  /** Of role gantry_backup. */
  backupUrl: string;
  /** The platform's, which the backup's secrets will need. */
  keyring: Pick<Keyring, "deriveKey">;
  /** Where contents lie that aren't in the database. */
  backends: readonly BlobBackend[];
  release: string;
  newId(): string;
  log: Log;
}

export interface CreateOptions {
  folder: string;
  key: KeySource;
  /** Contents in files and buckets: into the backup, or only listed. */
  blobs: "include" | "reference";
}

export interface CreatedBackup {
  file: string;
  bytes: number;
  manifest: Manifest;
}

/**
 * Writes a backup of everything, as it is at one moment, while the platform works. Memory: a few chunks, whatever its size.
 *
 * @throws {BackupIncompleteError} @throws {BackupNotWrittenError}
 */
export async function createBackup(deps: CreateDeps, options: CreateOptions): Promise<CreatedBackup> {
  return withClient(deps.backupUrl, { name: "gantry-backup" }, async (client) => {
    await client.query(beginSnapshot);
    await client.query(portableText);
    const tables = await listTables(client);
    const hidden = tables.filter(({ readable }) => !readable).map(({ schema, name }) => `${schema}.${name}`);
    if (hidden.length > 0) throw new BackupIncompleteError(hidden);
    const { installation, takenAt, ...facts } = await readSnapshotFacts(client);
    const header: Header = {
      format: backupFormat,
      id: deps.newId(),
      installation,
      release: deps.release,
      takenAt: takenAt.toISOString(),
      key: describeKey(options.key),
    };
    const result: { manifest?: Manifest } = {};
    const content = async function* (): AsyncGenerator<Buffer> {
      const written: Manifest["tables"] = [];
      for (const { schema, name, columns } of tables) {
        const table = { schema, name, columns };
        written.push({ ...table, ...(yield* writeEntry({ kind: "table", ...table }, copyOut(client, table))) });
      }
      const blobs = yield* writeBlobs(client, deps.backends, options.blobs);
      const { postgres, lsn, xmax, liveRuns, openAttempts } = facts;
      result.manifest = {
        id: header.id,
        installation,
        release: deps.release,
        engineVersion,
        postgres,
        takenAt: header.takenAt,
        position: { lsn, xmax },
        migrations: await readMigrations(client),
        tables: written,
        sequences: await listSequences(client),
        blobs,
        dump: null,
        platformKey: keyId(deps.keyring),
        live: { runs: liveRuns, attempts: openAttempts },
      };
      yield manifestFrame(result.manifest);
    };
    const file = join(options.folder, nameOf(header));
    const bytes = await writeBackupFile(file, { header, key: options.key }, content()).catch((cause: unknown) => {
      throw new BackupNotWrittenError(options.folder, cause);
    });
    if (result.manifest === undefined) throw new Error("A backup without a manifest was written.");
    deps.log.info({ file, bytes, blobs: result.manifest.blobs.count }, "A backup was written");
    return { file, bytes, manifest: result.manifest };
  });
}

/** Sorts by time; two of one second differ by their id. */
function nameOf({ takenAt, id }: Header): string {
  return `gantry-${takenAt.replace(/\.\d+Z$/, "Z").replaceAll(":", "")}-${id.slice(-8)}${backupSuffix}`;
}

/** Content as it is stored: encrypted, each with its own key, which the database holds closed. */
async function* writeBlobs(
  client: ClientBase,
  backends: readonly BlobBackend[],
  mode: CreateOptions["blobs"],
): AsyncGenerator<Buffer, Manifest["blobs"]> {
  const hash = createHash("sha256");
  const found = { mode, count: 0, bytes: 0, missing: 0, referenced: 0 };
  for await (const { org, id, backend } of listOutsideBlobs(client)) {
    if (mode === "reference") {
      found.referenced += 1;
      continue;
    }
    const source = backends.find(({ kind }) => kind === backend)?.read(org, id);
    const first = source === undefined ? null : await firstOf(source);
    // Purged since the snapshot, or lost long before: the row is all there is.
    if (first === null) {
      found.missing += 1;
      continue;
    }
    const end = yield* writeEntry({ kind: "blob", org, id, backend }, first);
    hash.update(`${id} ${end.sha256} ${end.bytes}\n`);
    found.count += 1;
    found.bytes += end.bytes;
  }
  return { ...found, sha256: `sha256:${hash.digest("hex")}` };
}

/** The content, begun; null where there is none. */
async function firstOf(source: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array> | null> {
  const pieces = source[Symbol.asyncIterator]();
  try {
    const first = await pieces.next();
    return (async function* () {
      for (let next = first; next.done !== true; next = await pieces.next()) yield next.value;
    })();
  } catch (error) {
    if (error instanceof NotInBackendError) return null;
    throw error;
  }
}
