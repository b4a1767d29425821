import pg, { type ClientBase } from "pg";
import { listTables, openAttempts, qualified, type StoredSequence } from "./backup-tables.ts";
import type { Queryable } from "../queryable.ts";

/** What stands where a backup is to be put; null where there is nothing of ours. */
export async function inspectTarget(
  db: Queryable,
): Promise<{ installation: string; organizations: number; runs: number } | null> {
  const { rows: found } = await db.query<{ any: boolean; known: boolean }>(
    `SELECT count(*) > 0 AS any, to_regclass('public.installation') IS NOT NULL AS known FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'`,
  );
  if (found[0]?.any !== true) return null;
  if (!found[0].known) return { installation: "unknown", organizations: 0, runs: 0 };
  const { rows } = await db.query<{ installation: string; organizations: number; runs: number }>(
    `SELECT COALESCE((SELECT value #>> '{}' FROM installation WHERE key = 'id'), 'unknown') AS installation,
       (SELECT count(*)::int FROM organizations) AS organizations, (SELECT count(*)::int FROM runs) AS runs`,
  );
  return rows[0] ?? null;
}

/** How many others are connected as one of our roles. */
export async function countOthers(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename LIKE 'gantry\\_%'`,
  );
  return rows[0]?.n ?? 0;
}

/**
 * Uses up transaction ids until the server is at this one. Rows keep the ids that they were written with, which order the feed and
 * are signed in the audit trail; and readers trust only what lies below the oldest transaction that runs.
 */
export async function passTransactions(
  client: ClientBase,
  upTo: string,
  onProgress: (left: number) => void,
): Promise<void> {
  await client.query("SET synchronous_commit = off");
  for (;;) {
    const { rows } = await client.query<{ left: string }>(
      "SELECT $1::numeric - pg_current_xact_id()::text::numeric AS left",
      [upTo],
    );
    const left = Number(rows[0]?.left);
    if (left <= 0) break;
    if (left > atOnce) onProgress(left);
    const count = Math.min(left, atOnce);
    await client.query(`DO $$ BEGIN FOR i IN 1..${count} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`);
  }
  await client.query("RESET synchronous_commit");
}

/** Some seconds' worth. */
const atOnce = 500_000;

/** What must not come back to life: ids of keys that were revoked, and of actors that were disabled. */
export interface EndedCredentials {
  keys: string[];
  actors: string[];
}

/** Of the installation that is about to be replaced, as it knows more than the backup. */
export async function readEndedCredentials(db: Queryable): Promise<EndedCredentials> {
  const { rows } = await db.query<EndedCredentials>(
    `SELECT ARRAY(SELECT id::text FROM api_keys WHERE revoked_at IS NOT NULL) AS keys,
       ARRAY(SELECT id::text FROM actors WHERE disabled_at IS NOT NULL) AS actors`,
  );
  return rows[0] ?? { keys: [], actors: [] };
}

/** Ends them once more; `all`: every key there is. @returns how many keys and actors would have been valid again. */
export async function endCredentials(
  db: Queryable,
  { keys, actors }: EndedCredentials,
  all: boolean,
): Promise<{ keys: number; actors: number }> {
  const revoked = await db.query(
    "UPDATE api_keys SET revoked_at = now() WHERE revoked_at IS NULL AND ($2 OR id = ANY ($1::uuid[]))",
    [keys, all],
  );
  const disabled = await db.query(
    "UPDATE actors SET disabled_at = now() WHERE disabled_at IS NULL AND id = ANY ($1::uuid[])",
    [actors],
  );
  return { keys: revoked.rowCount ?? 0, actors: disabled.rowCount ?? 0 };
}

/** Whether somebody could still get in without a key: a person with a role and a way to sign in. */
export async function canSomebodySignIn(db: Queryable): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM role_bindings b JOIN actors a ON a.id = b.actor AND a.disabled_at IS NULL
      WHERE b.role = 'owner' AND b.project IS NULL
        AND EXISTS (SELECT FROM auth.account c WHERE c."userId" = a.person) LIMIT 1`,
  );
  return (rowCount ?? 0) > 0;
}

/** Within the restore's transaction: nothing of ours is left, and with the transaction undone all of it still is. */
export async function clearDatabase(client: ClientBase): Promise<void> {
  await client.query("SET LOCAL client_min_messages = warning");
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT n.nspname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
     UNION SELECT 'public' FROM pg_namespace WHERE nspname = 'public'`,
  );
  for (const { name } of rows) await client.query(`DROP SCHEMA ${pg.escapeIdentifier(name)} CASCADE`);
  await client.query("CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC");
}

/**
 * Opens all tables for loading by their owner: no policies, triggers and references meanwhile, and no rows. All in the
 * caller's transaction, so nobody ever sees them so. @returns what puts everything back and checks the references.
 */
export async function openForLoading(client: ClientBase): Promise<() => Promise<void>> {
  const tables = await listTables(client);
  const names = tables.map(({ schema, name }) => qualified(schema, name));
  const { rows: forced } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relforcerowsecurity AND c.relkind IN ('r', 'p') AND pg_get_userbyid(c.relowner) = current_user`,
  );
  const { rows: references } = await client.query<{ table: string; name: string; definition: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS table, quote_ident(k.conname) AS name, pg_get_constraintdef(k.oid) AS definition
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE k.contype = 'f' AND k.conparentid = 0 AND pg_get_userbyid(c.relowner) = current_user`,
  );
  for (const { table, name } of references) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  for (const { name } of forced) await client.query(`ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`);
  for (const name of names) await client.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
  await client.query(`TRUNCATE ${names.join(", ")}`);
  return async () => {
    for (const { table, name, definition } of references)
      await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
    for (const name of names) await client.query(`ALTER TABLE ${name} ENABLE TRIGGER USER`);
    for (const { name } of forced) await client.query(`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`);
  };
}

export async function setSequences(client: ClientBase, sequences: readonly StoredSequence[]): Promise<void> {
  for (const { schema, name, last } of sequences) {
    if (last === null) continue;
    await client.query("SELECT setval(format('%I.%I', $1::text, $2::text)::regclass, $3::bigint)", [
      schema,
      name,
      last,
    ]);
  }
}

/**
 * Makes a copy of what was into an installation that can go on: nobody owns a run any more, streams begin anew, and nothing
 * starts but inspections. Works on the tables of any release since backups began; before policies and triggers are back.
 */
export async function settleRestored(
  client: ClientBase,
  restore: {
    id: string;
    backup: string;
    takenAt: string;
    release: string;
    switchId: string;
    actor: object;
    inFiles: boolean;
  },
): Promise<void> {
  await client.query(
    `INSERT INTO restores (id, backup, taken_at, release, attempts, runs)
     SELECT $1, $2, $3, $4, (SELECT COALESCE(json_agg(o), '[]') FROM (${openAttempts} ORDER BY run LIMIT ${listed}) o),
       (SELECT COALESCE(json_agg(u), '[]') FROM (SELECT id AS run, org FROM runs WHERE finished_at IS NULL ORDER BY id LIMIT ${listed}) u)`,
    [restore.id, restore.backup, restore.takenAt, restore.release],
  );
  await client.query(
    `INSERT INTO kill_switches (id, org, reason, actor, restore)
     VALUES ($1, NULL, $2, $3, $4)`,
    [
      restore.switchId,
      `Restored to ${restore.takenAt}. See: gantry restore status`,
      JSON.stringify(restore.actor),
      restore.id,
    ],
  );
  await client.query(
    `WITH freed AS (UPDATE runs SET owner = NULL, fence = fence + 1 WHERE owner IS NOT NULL RETURNING id, org, pool, priority)
     INSERT INTO wakeups (run_id, org, pool, rank, due_at)
     SELECT id, org, pool, now() - priority * interval '5 minutes', now() FROM freed
     ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)`,
  );
  await client.query("UPDATE workers SET state = 'stopped', alone_with = NULL WHERE state IN ('active', 'draining')");
  await client.query("DELETE FROM lanes");
  await client.query("UPDATE retention_lease SET holder = NULL, until = now()");
  // The host that starts next claims the files; and what lay in a bucket lies in files now, if it was in the backup.
  await client.query("DELETE FROM blob_file_host");
  if (restore.inFiles) await client.query("UPDATE blobs SET backend = 'files' WHERE backend = 's3'");
  await client.query(
    `INSERT INTO installation (key, value) VALUES ('incarnation', to_json($1::text))
     ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    [restore.id],
  );
  // Who had signed in does so again: a session that was ended since would live again.
  for (const table of ["auth.session", "auth.verification", 'auth."deviceCode"']) {
    const { rows } = await client.query<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [table]);
    if (rows[0]?.there === true) await client.query(`DELETE FROM ${table}`);
  }
}

/** As many as a person could look at. */
const listed = 10_000;
