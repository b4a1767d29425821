import type { Readable } from "node:stream";
import pg, { type ClientBase } from "pg";
import copyStreams from "pg-copy-streams";
import type { Queryable } from "../queryable.ts";

/** A table as a backup sees it: partitions are read and written through the table that they belong to. */
export interface StoredTable {
  schema: string;
  name: string;
  columns: string[];
  /** Whether the role of backups sees each of its rows. */
  readable: boolean;
}

const ours = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
  AND c.relpersistence = 'p' AND NOT c.relispartition AND pg_get_userbyid(c.relowner) = 'gantry_migrator'`;

/** Every table of ours but the list of migrations, which a restore writes itself. */
export async function listTables(db: Queryable): Promise<StoredTable[]> {
  const { rows } = await db.query<StoredTable>(
    `SELECT n.nspname AS schema, c.relname AS name, a.columns,
       has_schema_privilege('gantry_backup', n.oid, 'USAGE') AND has_table_privilege('gantry_backup', c.oid, 'SELECT')
         AND (NOT c.relrowsecurity OR (
           EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
             AND p.polroles && ARRAY['gantry_backup'::regrole::oid] AND pg_get_expr(p.polqual, c.oid) = 'true')
           AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd IN ('r', '*')
             AND p.polroles && ARRAY['gantry_backup'::regrole::oid, 0::oid]))) AS readable
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL (
       SELECT array_agg(attname::text ORDER BY attnum) AS columns
       FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') a
     WHERE c.relkind IN ('r', 'p') AND ${ours} AND NOT (n.nspname = 'public' AND c.relname = 'gantry_migrations')
     ORDER BY 1, 2`,
  );
  return rows;
}

export interface StoredSequence {
  schema: string;
  name: string;
  /** Null: it gave out none yet. */
  last: string | null;
}

export async function listSequences(db: Queryable): Promise<StoredSequence[]> {
  const { rows } = await db.query<StoredSequence>(
    `SELECT schemaname AS schema, sequencename AS name, last_value::text AS last FROM pg_sequences
     WHERE sequenceowner = 'gantry_migrator' ORDER BY 1, 2`,
  );
  return rows;
}

/** The same text of every value, whatever the server's own settings are. */
export const portableText = `SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL timezone = 'UTC';
  SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL xmloption = 'content'`;

/** Everything that the snapshot of the transaction shows, while others write. Assigns no transaction id: no reader waits for it. */
export const beginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/** The rows of a table in COPY's text form, as fast as they are taken. */
export function copyOut(client: ClientBase, { schema, name, columns }: Omit<StoredTable, "readable">): Readable {
  const list = columns.map(pg.escapeIdentifier).join(", ");
  return client.query(copyStreams.to(`COPY (SELECT ${list} FROM ${qualified(schema, name)}) TO STDOUT`));
}

/** Takes rows in COPY's text form. */
export function copyIn(
  client: ClientBase,
  { schema, name, columns }: Pick<StoredTable, "schema" | "name" | "columns">,
): ReturnType<typeof copyStreams.from> {
  const list = columns.map(pg.escapeIdentifier).join(", ");
  return client.query(copyStreams.from(`COPY ${qualified(schema, name)} (${list}) FROM STDIN`));
}

export function qualified(schema: string, name: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}

export interface SnapshotFacts {
  installation: string;
  takenAt: Date;
  postgres: string;
  lsn: string;
  xmax: string;
  liveRuns: number;
  openAttempts: number;
}

/** What a backup says of the moment that it was taken at. */
export async function readSnapshotFacts(db: Queryable): Promise<SnapshotFacts> {
  const { rows } = await db.query<SnapshotFacts>(
    `SELECT (SELECT value #>> '{}' FROM installation WHERE key = 'id') AS installation, now() AS "takenAt",
       current_setting('server_version') AS postgres, pg_current_wal_lsn()::text AS lsn,
       pg_snapshot_xmax(pg_current_snapshot())::text AS xmax,
       (SELECT count(*)::int FROM runs WHERE finished_at IS NULL) AS "liveRuns",
       (SELECT count(*)::int FROM (${openAttempts}) o) AS "openAttempts"`,
  );
  const facts = rows[0];
  if (facts === undefined) throw new Error("The database answered nothing.");
  return facts;
}

/** Attempts of unfinished runs that have a start and no end. */
export const openAttempts = `SELECT r.org, r.id AS run, s.data ->> 'attemptId' AS attempt, s.data ->> 'step' AS step,
    s.data ->> 'operation' AS operation
  FROM runs r JOIN events s ON s.run_id = r.id AND s.type = 'attempt.started'
  WHERE r.finished_at IS NULL AND NOT EXISTS (SELECT FROM events e WHERE e.run_id = r.id AND e.seq > s.seq
    AND e.type IN ('attempt.succeeded', 'attempt.failed', 'attempt.settled')
    AND e.data ->> 'attemptId' = s.data ->> 'attemptId')`;

export async function readMigrations(db: Queryable): Promise<{ id: number; name: string; sha256: string }[]> {
  return (
    await db.query<{ id: number; name: string; sha256: string }>(
      "SELECT id, name, sha256 FROM gantry_migrations ORDER BY id",
    )
  ).rows;
}

export interface KeptBlob {
  org: string;
  id: string;
  backend: "files" | "s3";
}

/** Contents that lie outside of the database, a few at a time, in the transaction's snapshot. */
export async function* listOutsideBlobs(client: ClientBase): AsyncGenerator<KeptBlob> {
  await client.query(
    "DECLARE outside NO SCROLL CURSOR FOR SELECT org, id, backend FROM blobs WHERE backend <> 'postgres'",
  );
  for (;;) {
    const { rows } = await client.query<KeptBlob>("FETCH 500 FROM outside");
    if (rows.length === 0) return;
    yield* rows;
  }
}
