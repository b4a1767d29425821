import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { withUser } from "../../../platform/src/postgres/addresses.ts";
import { readPassword, SUPERUSER } from "../../../platform/src/postgres/initialize.ts";
import {
  bootstrapDatabase,
  connect,
  deriveRolePasswords,
  inspectServer,
  migrate,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from "../../../platform/src/postgres/index.ts";
import { findNativePostgres } from "../../../platform/src/postgres/native.ts";
import { asUser, chooseRuntimeUser, dataDirectoryAsSeen } from "../../../platform/src/postgres/runtime-user.ts";
import { silentLog as log } from "../../support/log.ts";
import { eventually, query, temporaryDirectory } from "./helpers.ts";

const passwords = deriveRolePasswords(Buffer.from("a key"));
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let server: EmbeddedPostgres;
let adminUrl: string;
let counter = 0;

beforeAll(async () => {
  directory = await temporaryDirectory();
  server = await startEmbeddedPostgres({ dataDir: directory.path, log });
});
afterAll(async () => {
  await server.stop();
  await directory.remove();
});
beforeEach(() => {
  counter += 1;
  adminUrl = server.superuserUrl.replace("/postgres?", `/case_${counter}?`);
});

const bootstrap = (url = server.superuserUrl, key = passwords) =>
  bootstrapDatabase({ adminUrl: url, database: `case_${counter}`, passwords: key, log });

test("several processes that bootstrap at once all get a database they can use", async () => {
  const all = await Promise.all([1, 2, 3, 4].map(() => bootstrap()));
  for (const urls of all) {
    expect(
      await query(urls.engineUrl, "SELECT current_user AS who, current_setting('transaction_timeout') AS t"),
    ).toEqual([{ who: "gantry_engine", t: "1min" }]);
  }
});

test("roles that were given too much are cut back, and a changed key changes the passwords", async () => {
  const before = await bootstrap();
  await query(server.superuserUrl, "ALTER ROLE gantry_api SUPERUSER BYPASSRLS; ALTER ROLE gantry_engine RESET ALL");

  const after = await bootstrap(undefined, deriveRolePasswords(Buffer.from("another key")));

  await expect(query(before.apiUrl, "SELECT 1")).rejects.toThrow("password authentication failed");
  expect(
    await query(after.apiUrl, "SELECT rolsuper OR rolbypassrls AS above FROM pg_roles WHERE rolname = current_user"),
  ).toEqual([{ above: false }]);
  expect(await query(after.engineUrl, "SHOW lock_timeout")).toEqual([{ lock_timeout: "10s" }]);
  await bootstrap();
});

test("no password reaches the server in a statement", async () => {
  const { apiUrl } = await bootstrap();
  const [row] = await query(server.superuserUrl, "SELECT rolpassword FROM pg_authid WHERE rolname = 'gantry_api'");
  expect(row?.["rolpassword"]).toMatch(/^SCRAM-SHA-256\$4096:/);
  expect(decodeURIComponent(new URL(apiUrl).password)).toBe(passwords.gantry_api);
});

test("a user who may not create roles is told what an administrator must run, and it suffices", async () => {
  await query(server.superuserUrl, `DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN PASSWORD 'plain'`);
  const plain = withUser(server.superuserUrl, "plain", "plain", "postgres");

  const error = await bootstrap(plain).catch((thrown: unknown) => thrown as { code: string; details: { sql: string } });
  expect(error).toMatchObject({ code: "database_roles_missing" });
  const { sql } = (error as { details: { sql: string } }).details;
  expect(sql).not.toContain(passwords.gantry_api);
  for (const statement of sql.split(";\n")) {
    if (!statement.startsWith("GRANT gantry_migrator TO CURRENT_USER")) await query(server.superuserUrl, statement);
  }

  expect(await query((await bootstrap(plain)).migratorUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a user who may create roles and databases needs to be no superuser", async () => {
  await query(server.superuserUrl, "DROP ROLE IF EXISTS builder; CREATE ROLE builder LOGIN CREATEDB PASSWORD 'b'");
  await query(server.superuserUrl, "GRANT gantry_migrator TO builder WITH ADMIN OPTION");
  const urls = await bootstrap(withUser(server.superuserUrl, "builder", "b", "postgres"));
  expect(
    await query(
      urls.migratorUrl,
      "CREATE TABLE ours (a int); SELECT tableowner FROM pg_tables WHERE tablename = 'ours'",
    ),
  ).toEqual([{ tableowner: "gantry_migrator" }]);
});

test("a database that can lose acknowledged commits is refused by name of the setting", async () => {
  await bootstrap();
  await query(server.superuserUrl, `ALTER DATABASE case_${counter} SET synchronous_commit = off`);
  await expect(bootstrap()).rejects.toMatchObject({
    code: "database_unsafe_setting",
    message: expect.stringContaining("synchronous_commit is off") as string,
  });
});

test("a server without fsync and full_page_writes is refused, and whether commits wait for a standby is seen", async () => {
  const other = await temporaryDirectory();
  await (await startEmbeddedPostgres({ dataDir: other.path, log })).stop();
  const cluster = path.join(other.path, "postgres");
  const runAs = await chooseRuntimeUser([cluster]);
  const { directory: native } = await findNativePostgres(runAs);
  const unsafe = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "listen_addresses=", "-k", "."];
  const child = spawn(path.join(native, "bin", "postgres"), ["-D", dataDirectoryAsSeen(cluster, runAs), ...unsafe], {
    ...asUser(runAs),
    cwd: cluster,
    stdio: "ignore",
  });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const url = new URL(withUser(server.superuserUrl, SUPERUSER, await readPassword(cluster), "postgres"));
  url.searchParams.set("host", cluster);

  let report: Awaited<ReturnType<typeof inspectServer>> | undefined;
  await eventually(async () => {
    report = await inspectServer(url.href);
  });
  expect(report?.problems).toEqual([
    expect.stringContaining("fsync is off"),
    expect.stringContaining("full_page_writes is off"),
  ]);
  await expect(bootstrap(url.href)).rejects.toMatchObject({ code: "database_unsafe_setting" });

  expect(report).toMatchObject({ settings: { fsync: "off", synchronous_commit: "on" }, waitsForStandby: false });
  await query(url.href, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'");
  await query(url.href, "SELECT pg_reload_conf()");
  await eventually(async () => {
    expect((await inspectServer(url.href)).waitsForStandby).toBe(true);
  });

  child.kill("SIGINT");
  await gone;
  await other.remove();
});

test("a server that isn't there is named without the password", async () => {
  const nowhere = "postgresql://someone:hunter2@127.0.0.1:1/gantry";
  const error: unknown = await bootstrap(nowhere).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "database_unreachable",
    message: expect.stringContaining("127.0.0.1:1/gantry") as string,
  });
  expect(String(error)).not.toContain("hunter2");
});

test("racing processes apply each migration once", async () => {
  const { migratorUrl } = await bootstrap();
  const migrations = await migrationsWith({
    "0001-ledger.sql": "-- To count.\nCREATE TABLE ledger (a int); INSERT INTO ledger VALUES (1);",
    "0002-more.sql": "-- To count more.\nSELECT pg_sleep(0.2); INSERT INTO ledger VALUES (2);",
  });
  const children = await Promise.all([1, 2, 3, 4].map(() => runNode("migrate-process.ts", [migratorUrl, migrations])));
  expect(children.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(children.flatMap(({ output }) => JSON.parse(output) as string[]).toSorted()).toEqual([
    "0001-ledger",
    "0002-more",
  ]);
  expect(await query(adminUrl, "SELECT a FROM ledger ORDER BY a")).toEqual([{ a: 1 }, { a: 2 }]);
});

test("a migration that fails leaves nothing of itself and all before it", async () => {
  const { migratorUrl } = await bootstrap();
  const directoryOfMigrations = await migrationsWith({
    "0001-good.sql": "-- Good.\nCREATE TABLE good (a int);",
    "0002-bad.sql": "-- Bad.\nCREATE TABLE half (a int); SELECT 1 / 0;",
  });
  await expect(migrate({ migratorUrl, directory: directoryOfMigrations, log })).rejects.toMatchObject({
    code: "migration_failed",
    message: expect.stringContaining("0002-bad failed and was rolled back: division by zero") as string,
  });
  expect(await query(adminUrl, "SELECT to_regclass('good') IS NOT NULL AS good, to_regclass('half') AS half")).toEqual([
    { good: true, half: null },
  ]);
});

test("a migration waits for a lock in short tries, so that traffic passes, and then gets it", async () => {
  const { migratorUrl } = await bootstrap();
  const files = { "0001-table.sql": "-- A table.\nCREATE TABLE busy (a int);" };
  await migrate({ migratorUrl, directory: await migrationsWith(files), log });
  const pool = connect(migratorUrl, { name: "holder", max: 1, log });
  const holder = await pool.connect();
  await holder.query("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE");

  const tries: number[] = [];
  const noteTry = {
    ...log,
    info: (fields: object) => {
      tries.push("attempt" in fields ? Number(fields.attempt) : 0);
      if (tries.length === 2) void holder.query("COMMIT");
    },
  };
  const more = await migrationsWith({ ...files, "0002-column.sql": "-- A column.\nALTER TABLE busy ADD b int;" });
  expect(await migrate({ migratorUrl, directory: more, log: noteTry, lockTimeout: 50 })).toEqual(["0002-column"]);
  expect(tries.slice(0, 2)).toEqual([1, 2]);

  await holder.query("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE");
  const third = await migrationsWith({
    ...files,
    "0002-column.sql": "-- A column.\nALTER TABLE busy ADD b int;",
    "0003-column.sql": "-- Another.\nALTER TABLE busy ADD c int;",
  });
  await expect(migrate({ migratorUrl, directory: third, log, lockTimeout: 20, attempts: 2 })).rejects.toMatchObject({
    code: "migration_failed",
    message: expect.stringContaining("lock timeout") as string,
  });
  holder.release();
  await pool.end();
});

test("a migration in parts keeps each part that succeeded, and begins anew until the last one has", async () => {
  const { migratorUrl } = await bootstrap();
  const wide = (last: string) => ({
    "0001-wide.sql": `-- Wide.\nCREATE TABLE IF NOT EXISTS wide (a int);\n-- next transaction\nINSERT INTO wide VALUES (1);\n${last}`,
  });
  const broken = migrate({ migratorUrl, directory: await migrationsWith(wide("SELECT 1 / 0;")), log });
  await expect(broken).rejects.toMatchObject({ code: "migration_failed" });
  expect(await query(adminUrl, "SELECT a FROM wide")).toEqual([]);
  expect(await migrate({ migratorUrl, directory: await migrationsWith(wide("")), log })).toEqual(["0001-wide"]);
  expect(await query(adminUrl, "SELECT a FROM wide")).toEqual([{ a: 1 }]);
});

test.each([
  ["becomes the first partition as it lies on disk", [-900, -40, 0], 0],
  ["does so too after a clock was years ahead, and what is of then moves", [-900, -40, 0, 9_000], 1],
])("the journal of an older release %s", async (_what, daysFromNow, later) => {
  const { migratorUrl, engineUrl } = await bootstrap();
  const folder = path.join(import.meta.dirname, "../../../platform/src/store/migrations");
  const names = (await readdir(folder)).filter((name) => name < "0020");
  const files = await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), "utf8")]));
  const older = Object.fromEntries(files.filter(([name = ""]) => name < "0019")) as Record<string, string>;
  await migrate({ migratorUrl, directory: await migrationsWith(older), log });
  // Prepared once, as the engine's statements are: it must find the new table.
  const writer = connect(engineUrl, { name: "writer", max: 1, log });
  const write = (days: number[]) =>
    writer.query({
      name: "write",
      text: `INSERT INTO events (org, run_id, seq, type, at, actor, data)
       SELECT gen_random_uuid(), (lpad(to_hex((EXTRACT(epoch FROM now()) * 1000)::bigint + n::bigint * 86400000), 12, '0')
         || '7000' || substr(md5(random()::text), 1, 16))::uuid, 1, 'run.created', 1, '{}', '{}'
       FROM unnest($1::int[]) n`,
      values: [days],
    });
  const counts = () =>
    query(
      adminUrl,
      `SELECT (SELECT count(*)::int FROM events_earlier) AS earlier, (SELECT count(*)::int FROM events_default) AS later`,
    );
  const rows = "SELECT run_id, seq, xid::text AS xid FROM events ORDER BY run_id";
  await write(daysFromNow);
  const before = await query(adminUrl, rows);
  const file = await query(adminUrl, "SELECT pg_relation_filenode('events') AS file");

  await migrate({ migratorUrl, directory: await migrationsWith(Object.fromEntries(files) as typeof older), log });
  expect(await query(adminUrl, rows)).toEqual(before);
  expect(await query(adminUrl, "SELECT pg_relation_filenode('events_earlier') AS file")).toEqual(file);
  expect(await counts()).toEqual([{ earlier: 3, later }]);
  // It holds this month as well, so that the release before could go on writing all the while.
  await write([0]);
  expect(await counts()).toEqual([{ earlier: 4, later }]);
  await writer.end();
});

test("an edited or removed migration is an error, a newer one is the release that comes next", async () => {
  const { migratorUrl } = await bootstrap();
  const one = { "0001-one.sql": "-- One.\nSELECT 1;" };
  const all = { ...one, "0002-two.sql": "-- Two.\nSELECT 2;", "0003-three.sql": "-- Three.\nSELECT 3;" };
  await migrate({ migratorUrl, directory: await migrationsWith(all), log });

  expect(await migrate({ migratorUrl, directory: await migrationsWith(one), log })).toEqual([]);
  const edited = await migrationsWith({ ...all, "0002-two.sql": "-- Two.\nSELECT 22;" });
  await expect(migrate({ migratorUrl, directory: edited, log })).rejects.toMatchObject({
    code: "migration_changed",
    message: expect.stringContaining("0002-two") as string,
  });
  const removed = await migrationsWith({ ...one, "0003-three.sql": all["0003-three.sql"] });
  await expect(migrate({ migratorUrl, directory: removed, log })).rejects.toMatchObject({ code: "migration_changed" });
});

test.each([
  ["a name without a number", { "first.sql": "-- Why.\n" }],
  ["a number twice", { "0001-a.sql": "-- Why.\n", "0001-b.sql": "-- Why.\n" }],
  ["no opening comment", { "0001-a.sql": "SELECT 1;" }],
])("migration files with %s are refused", async (_what, files: Record<string, string>) => {
  const { migratorUrl } = await bootstrap();
  await expect(migrate({ migratorUrl, directory: await migrationsWith(files), log })).rejects.toMatchObject({
    code: "migration_files_invalid",
  });
});

test("a pool survives the end of its sessions, also of one that is checked out", async () => {
  const { apiUrl } = await bootstrap();
  const pool = connect(apiUrl, { name: "survivor", max: 2, log });
  const client = await pool.connect();
  await pool.query("SELECT 1");
  const broke = Promise.all([
    new Promise((resolve) => client.once("end", resolve)),
    new Promise((resolve) => pool.once("error", resolve)),
  ]);
  await query(
    server.superuserUrl,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'survivor'",
  );
  await broke;
  client.release(true);
  expect((await pool.query<{ one: number }>("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await pool.end();
});

test("bigint comes as a number, and one that doesn't fit is an error instead of another number", async () => {
  const { apiUrl } = await bootstrap();
  const settings = { plan_cache_mode: "force_generic_plan", search_path: "public, pg_catalog" };
  const pool = connect(apiUrl, {
    name: "two words",
    max: 1,
    log,
    statementTimeout: 1_234,
    transactionTimeout: 5_000,
    settings,
  });
  const { rows } = await pool.query<Record<string, unknown>>(
    `SELECT 9007199254740991::bigint AS big, current_setting('application_name') AS name, current_setting('search_path') AS path,
       current_setting('statement_timeout') AS s, current_setting('transaction_timeout') AS t, '{"a":1}'::json AS json`,
  );
  expect(rows).toEqual([
    { big: 9_007_199_254_740_991, name: "two words", path: "public, pg_catalog", s: "1234ms", t: "5s", json: { a: 1 } },
  ]);
  await expect(pool.query("SELECT 9007199254740993::bigint")).rejects.toThrow("9007199254740993 doesn't fit");
  await pool.end();
});

async function migrationsWith(files: Record<string, string>): Promise<string> {
  const target = path.join(directory.path, `migrations-${(await readdir(directory.path)).length}`);
  await mkdir(target);
  for (const [name, sql] of Object.entries(files)) await writeFile(path.join(target, name), sql);
  return target;
}

async function runNode(program: string, parameters: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, program), ...parameters], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output };
}
