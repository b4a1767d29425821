import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import type { Log } from "../lib/log.ts";
import { withClient } from "./connect.ts";
import { MigrationChangedError, MigrationFailedError, MigrationFilesError } from "./errors.ts";

export interface MigrateOptions {
  migratorUrl: string;
  /**
   * Holds `NNNN-name.sql`, each opening with a comment that says why. A line `-- next transaction` divides one that must not keep
   * its locks while it reads a large table; its parts up to the last are applied again after an interruption.
   */
  directory: string;
  log: Log;
  /** How long a statement may wait for a lock before it lets the traffic behind it pass; milliseconds. */
  lockTimeout?: number;
  /** A statement that must hold after every migration, whichever it was; run each time. */
  afterwards?: string;
  /** Tries per migration before a lock that never comes free is an error. */
  attempts?: number;
}

/**
 * Applies the migrations that the database doesn't have yet, each in a transaction (or more) of its own, and returns their names.
 *
 * Safe with any number of processes at once. Migrations only go forward, and each must work while the previous release
 * still runs; so a database that is *ahead* of this release is accepted: it is that previous release that starts again.
 *
 * @throws {MigrationChangedError} an applied file was edited or removed
 * @throws {MigrationFailedError} with the server's reason; what was applied before stays
 * @throws {DatabaseUnreachableError}
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const migrations = await readMigrationFiles(options.directory);
  return withClient(options.migratorUrl, { name: "gantry-migrate" }, async (client) => {
    const known = (await tableExists(client)) ? await readApplied(client) : [];
    const applied: string[] = [];
    const parts = pendingOf(migrations, known, options.log).flatMap(partsOf);
    for (const [index, part] of parts.entries()) {
      // One wait for the disk, at the end: what is lost before it is applied again, and none is kept without those before it.
      const waits = index === parts.length - 1;
      const done = await applyWithPatience(client, part, { ...options, waits });
      if (done && part.last) applied.push(part.name);
    }
    if (options.afterwards !== undefined) await client.query(options.afterwards);
    return applied;
  });
}

/**
 * Applies some migrations in the transaction that the client is in, whose tables there are none of yet: a restore makes the
 * tables as they were when the backup was taken.
 */
export async function migrateWithin(
  client: pg.ClientBase,
  { directory, ids }: { directory: string; ids: ReadonlySet<number> },
): Promise<void> {
  await client.query(CREATE_TABLE);
  for (const migration of await readMigrationFiles(directory)) {
    if (!ids.has(migration.id)) continue;
    await client.query(migration.sql);
    await remember(client, migration);
  }
}

export interface Migration {
  id: number;
  name: string;
  sql: string;
  sha256: string;
}

/** Of a migration what goes into one transaction. */
interface Part extends Migration {
  last: boolean;
}

/** Whether its transaction waits until it is on disk. */
interface Durability {
  waits: boolean;
}

function partsOf(migration: Migration): Part[] {
  const texts = migration.sql.split(/^-- next transaction$/m);
  return texts.map((sql, index) => ({ ...migration, sql, last: index === texts.length - 1 }));
}

interface Applied {
  id: number;
  name: string;
  sha256: string;
}

/** All that this release has, in order. */
export async function readMigrationFiles(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".sql")).toSorted();
  const migrations: Migration[] = [];
  for (const file of names) {
    const id = /^(\d{4})-[a-z0-9-]+\.sql$/.exec(file)?.[1];
    if (!id) throw new MigrationFilesError(`${file} isn't named like 0001-what-it-does.sql.`);
    if (migrations.at(-1)?.id === Number(id)) throw new MigrationFilesError(`Two migrations have the number ${id}.`);
    const sql = await readFile(path.join(directory, file), "utf8");
    if (!sql.startsWith("--")) throw new MigrationFilesError(`${file} must open with a comment that says why.`);
    const sha256 = createHash("sha256").update(sql).digest("hex");
    migrations.push({ id: Number(id), name: path.basename(file, ".sql"), sql, sha256 });
  }
  return migrations;
}

function pendingOf(migrations: readonly Migration[], applied: readonly Applied[], log: Log): Migration[] {
  const newest = migrations.at(-1)?.id ?? 0;
  const byId = new Map(migrations.map((migration) => [migration.id, migration]));
  for (const row of applied) {
    const migration = byId.get(row.id);
    if (migration && migration.sha256 !== row.sha256)
      throw new MigrationChangedError(migration.name, `sha256 ${row.sha256}`);
    if (!migration && row.id < newest) throw new MigrationChangedError(row.name, "and is missing here");
    if (!migration) log.info({ migration: row.name }, "The database has a migration of a newer release");
  }
  const done = new Set(applied.map((row) => row.id));
  return migrations.filter((migration) => !done.has(migration.id));
}

/** A statement that waits for a lock makes everybody queue behind it, so it gives up early and comes again. */
async function applyWithPatience(
  client: pg.Client,
  migration: Part,
  options: MigrateOptions & Durability,
): Promise<boolean> {
  const { attempts = 30, log } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await apply(client, migration, options);
    } catch (error) {
      await client.query("ROLLBACK").catch(() => {});
      if (error instanceof MigrationChangedError) throw error;
      const contended = LOCK_NOT_AVAILABLE.has((error as pg.DatabaseError).code ?? "");
      if (!contended || attempt >= attempts) throw new MigrationFailedError(migration.name, error);
      log.info({ migration: migration.name, attempt }, "A migration waits for a lock; trying again");
      await delay(Math.min(50 * attempt, 1_000));
    }
  }
}

/** `lock_not_available` and `deadlock_detected`. */
const LOCK_NOT_AVAILABLE = new Set(["55P03", "40P01"]);
const MIGRATION_LOCK = 4_021_978;

/** False when another process was first. */
async function apply(
  client: pg.Client,
  migration: Part,
  { lockTimeout = 2_000, waits }: MigrateOptions & Durability,
): Promise<boolean> {
  await client.query("BEGIN");
  // Until the transaction ends; a lock of the session would not work through a pooler.
  await client.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
  await client.query(CREATE_TABLE);
  const found = (await readApplied(client)).find((row) => row.id === migration.id);
  if (found && found.sha256 !== migration.sha256)
    throw new MigrationChangedError(migration.name, `sha256 ${found.sha256}`);
  if (!found) {
    await client.query(
      `SET LOCAL lock_timeout = ${Math.trunc(lockTimeout)}; SET LOCAL statement_timeout = '10min';
       SET LOCAL synchronous_commit = ${waits ? "on" : "off"}`,
    );
    await client.query(migration.sql);
    if (migration.last) await remember(client, migration);
  }
  await client.query("COMMIT");
  return !found;
}

async function remember(client: pg.ClientBase, { id, name, sha256 }: Migration): Promise<void> {
  await client.query("INSERT INTO gantry_migrations (id, name, sha256) VALUES ($1, $2, $3)", [id, name, sha256]);
}

const CREATE_TABLE = `
  SET LOCAL client_min_messages = warning;
  CREATE TABLE IF NOT EXISTS gantry_migrations (
    id int PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
  );
  GRANT SELECT ON gantry_migrations TO gantry_api, gantry_engine`;

async function tableExists(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    "SELECT to_regclass('gantry_migrations') IS NOT NULL AS found",
  );
  return rows[0]?.found === true;
}

async function readApplied(client: pg.Client): Promise<Applied[]> {
  return (await client.query<Applied>("SELECT id, name, sha256 FROM gantry_migrations ORDER BY id")).rows;
}
