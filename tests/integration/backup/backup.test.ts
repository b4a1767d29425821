import { copyFile, mkdir, mkdtemp, open, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Digest } from "@gantry/sdk";
import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createBackup,
  drillBackup,
  dumpDatabase,
  listBackupFiles,
  restoreBackup,
  verifyBackup,
  type KeySource,
  type Manifest,
} from "../../../platform/src/backup/index.ts";
import { createBlobStore, createFileBackend, readBlob } from "../../../platform/src/blobs/index.ts";
import { backUpIfDue } from "../../../platform/src/boot/start-backups.ts";
import { loadOrCreateKeyring } from "../../../platform/src/secrets/index.ts";
import { readIncarnation } from "../../../platform/src/store/journal/event-feed.ts";
import { readRestore, resumeRestored } from "../../../platform/src/store/installation/restores.ts";
import { memoryTools, startTestApi, type TestApi } from "../../support/api.ts";
import { newId, startTestEngine } from "../../support/engine.ts";
import { openTestKeys } from "../../support/keys.ts";
import { silentLog } from "../../support/log.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";
import { hasMoto } from "../../support/moto.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { startS3 } from "../../support/s3.ts";

const migrations = join(import.meta.dirname, "../../../platform/src/store/migrations");
const effects: string[] = [];
const begun = Promise.withResolvers<void>();
const release = Promise.withResolvers<void>();
/** Takes effect, and doesn't come to its end before the backup is taken. */
const slow: MemoryTool = {
  name: "test.slow",
  effect: "changes",
  run: async () => {
    effects.push("slow");
    begun.resolve();
    await release.promise;
    return "done";
  },
  inspect: () => ({ status: "done", output: "found done" }),
};
const after: MemoryTool = {
  name: "test.after",
  effect: "changes",
  run: () => {
    effects.push("after");
    return "done";
  },
};
const tools = [...memoryTools, slow, after];

let api: TestApi;
let folder: string;
let key: KeySource;
let file: string;
let manifest: Manifest;
let run: string;

beforeAll(async () => {
  api = await startTestApi({ tools });
  folder = await mkdtemp(join(tmpdir(), "gantry-backup-"));
  key = { kind: "platform", keyring: api.keyring };
  await api.client.secrets.put("db", "s3cret");
  await api.engine.startWorker();
  run = await api.engine.submit(
    api.engine.plan(
      [
        { id: "slow", tool: "test.slow" },
        { id: "after", tool: "test.after", after: ["slow"] },
      ],
      { environment: "dev" },
    ),
  );
  await begun.promise;
  ({ file, manifest } = await createBackup(deps(), { folder, key, blobs: "include" }));
});
afterAll(async () => {
  release.resolve();
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Its connections may be ended by the server. */
const openPool = (connectionString: string): Pool =>
  new Pool({ connectionString, max: 1 }).on("error", () => undefined);
const deps = () => ({
  backupUrl: api.engine.database.backupUrl,
  keyring: api.keyring,
  backends: [],
  release: "0.1.0",
  newId,
  log: silentLog,
});
const restoreDeps = (database: TestDatabase) => ({
  migratorUrl: database.migratorUrl,
  migrations,
  keyring: api.keyring,
  files: createFileBackend(join(folder, "blobs")),
  newId,
  log: silentLog,
});

test("restored elsewhere, an attempt under way is inspected first, and the run goes on once somebody resumes, nothing done twice", async () => {
  const target = await createTestDatabase({ empty: true });
  await restoreBackup(restoreDeps(target), { file, key, replace: null });
  // It lets go of the database at its end.
  await using engine = await startTestEngine({ tools, database: target });
  expect(await readIncarnation(engine.db)).not.toBe(await readIncarnation(api.engine.db));
  expect((await readRestore(engine.admin))?.attempts).toMatchObject([{ run, step: "slow", outcome: "open" }]);

  const before = [...effects];
  await engine.startWorker();
  await engine.until(async () =>
    (await readRestore(engine.admin))?.attempts.every(({ outcome }) => outcome === "done"),
  );
  expect((await engine.status(run)).status).toBe("halted");
  expect(effects).toEqual(before);
  expect((await readRestore(engine.admin))?.resumedAt).toBeNull();

  await resumeRestored(engine.admin, { kind: "user", id: newId(), name: "operator" });
  await engine.reaches(run, "succeeded");
  expect(effects).toEqual([...before, "after"]);
  expect((await readRestore(engine.admin))?.resumedAt).not.toBeNull();
});

test("a drill restores into a server of its own and finds every row as it was", async () => {
  const report = await drillBackup(
    { migrations, keyring: api.keyring, newId, log: silentLog, now: Date.now },
    { file, key },
    async ({ engineUrl }) => {
      const pool = openPool(engineUrl);
      const { rows } = await pool.query<{ n: number }>("SELECT count(*)::int AS n FROM secret_versions");
      await pool.end();
      return rows[0]?.n === 1 ? [] : ["the secret is missing"];
    },
  );
  expect(report.compared).toBeGreaterThan(40);
  expect(report.rows).toBeGreaterThan(10);
});

test("what was changed, cut off, or needs another key is refused by its code before anything is touched", async () => {
  const other = await loadOrCreateKeyring(join(folder, "other.key"));
  const damaged = join(folder, "damaged");
  await using target = await createTestDatabase({ empty: true });
  const refusal = (path: string, source: KeySource) =>
    restoreBackup(restoreDeps(target), { file: path, key: source, replace: null }).then(
      () => "restored",
      (error: { code?: string }) => error.code,
    );
  const { length } = await readFile(file);
  for (const at of [3, 40, Math.floor(length / 2), length - 1]) {
    await copyFile(file, damaged);
    const handle = await open(damaged, "r+");
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    await handle.write(Buffer.of((buffer[0] ?? 0) ^ 1), 0, 1, at);
    await handle.close();
    expect(await refusal(damaged, key)).toBe("backup_damaged");
  }
  for (const size of [0, 10, 200, length - 20]) {
    await copyFile(file, damaged);
    await truncate(damaged, size);
    expect(await refusal(damaged, key)).toBe("backup_damaged");
  }
  expect(await refusal(file, { kind: "platform", keyring: other })).toBe("backup_key_wrong");
  expect(await refusal(file, { kind: "passphrase", passphrase: "never told to it" })).toBe("backup_key_wrong");
  expect(await refusal(join(folder, "missing"), key)).toBe("backup_damaged");
  const newer = (await readFile(file)).toString("latin1").replace('"format":1', '"format":9');
  const handle = await open(damaged, "w");
  await handle.write(Buffer.from(newer, "latin1"));
  await handle.close();
  expect(await refusal(damaged, key)).toBe("backup_newer");
  const pool = openPool(target.superuserUrl);
  expect((await pool.query("SELECT FROM pg_tables WHERE schemaname = 'public'")).rowCount).toBe(0);
  await pool.end();
});

test("a backup under a passphrase opens with it, and its secrets need the platform key all the same", async () => {
  const passphrase: KeySource = { kind: "passphrase", passphrase: "correct horse battery" };
  const made = await createBackup(deps(), { folder, key: passphrase, blobs: "reference" });
  expect((await verifyBackup(made.file, passphrase)).id).toBe(made.manifest.id);
  await expect(verifyBackup(made.file, key)).rejects.toMatchObject({ code: "backup_key_wrong" });
  const keyring = await loadOrCreateKeyring(join(folder, "fresh.key"));
  await using target = await createTestDatabase({ empty: true });
  const restoring = restoreBackup(
    { ...restoreDeps(target), keyring },
    { file: made.file, key: passphrase, replace: null },
  );
  await expect(restoring).rejects.toMatchObject({ code: "backup_key_wrong" });
  await expect(listBackupFiles(`${folder}-elsewhere`)).rejects.toMatchObject({ code: "backup_folder_unreadable" });
  expect((await listBackupFiles(folder)).map(({ header }) => String(header?.key.kind)).toSorted()).toEqual([
    "passphrase",
    "platform",
  ]);
});

test("only an empty database is restored into, and only an earlier state of itself replaces an installation", async () => {
  await using target = await createTestDatabase();
  const restoring = (replace: string | null) => restoreBackup(restoreDeps(target), { file, key, replace });
  const error = await restoring(null).catch(
    (cause: unknown) => cause as { code: string; details: { installation: string } },
  );
  expect(error).toMatchObject({ code: "restore_not_empty" });
  // The databases of these tests are copies of one, so they are the same installation.
  const pool = openPool(target.superuserUrl);
  await pool.query("UPDATE installation SET value = to_json(gen_random_uuid()) WHERE key = 'id'");
  const { rows } = await pool.query<{ id: string }>("SELECT value #>> '{}' AS id FROM installation WHERE key = 'id'");
  await pool.end();
  await expect(restoring(rows[0]?.id ?? "")).rejects.toMatchObject({ code: "backup_of_other_installation" });
});

test("an installation is replaced whole by what it was", async () => {
  await using target = await createTestDatabase();
  await restoreBackup(restoreDeps(target), { file, key, replace: manifest.installation });
  const pool = openPool(target.superuserUrl);
  const { rows } = await pool.query("SELECT id FROM runs");
  expect(rows).toEqual([{ id: run }]);

  // It is used for a while, and then taken back to the same backup: what has ended since doesn't live again.
  await pool.query("UPDATE api_keys SET revoked_at = now(); UPDATE actors SET disabled_at = now()");
  await pool.end();
  const options = { file, key, replace: manifest.installation };
  await expect(restoreBackup(restoreDeps(target), { ...options, revokeKeys: true })).rejects.toMatchObject({
    code: "restore_locks_out",
  });
  await restoreBackup(restoreDeps(target), options);
  const again = openPool(target.superuserUrl);
  const { rows: alive } = await again.query(
    `SELECT (SELECT count(*)::int FROM api_keys WHERE revoked_at IS NULL) AS keys,
       (SELECT count(*)::int FROM actors WHERE disabled_at IS NULL) AS actors, (SELECT count(*)::int FROM runs) AS runs`,
  );
  await again.end();
  expect(alive).toEqual([{ keys: 0, actors: 0, runs: 1 }]);
});

test("the schedule makes a backup when it is time, keeps as many as it says, and metrics tell how old the last is", async () => {
  const own = join(folder, "scheduled");
  await mkdir(own);
  const backup = {
    folder: own,
    everyHours: 1,
    keep: 1,
    keepDays: 0,
    blobs: "include" as const,
    passphrase: undefined,
    keyFile: undefined,
  };
  const config = { backup, dataDir: folder, keyFile: api.keyFile, s3: undefined };
  const database = { backupUrl: api.engine.database.backupUrl };
  const look = () =>
    backUpIfDue({ config, database, keyring: api.keyring, version: "0.1.0", newId, log: silentLog }, api.engine.db);
  const files = async () => (await listBackupFiles(own)).map(({ file: path }) => path);
  await look();
  const first = await files();
  expect(first).toHaveLength(1);
  await look();
  expect(await files()).toEqual(first);
  await api.engine.admin.query("UPDATE backups SET started_at = started_at - interval '61 minutes'");
  await look();
  const second = await files();
  expect(second).toHaveLength(1);
  expect(second).not.toEqual(first);
  await expect(verifyBackup(second[0] ?? "", key)).resolves.toMatchObject({ installation: manifest.installation });
  const metrics = await (await api.request("/metrics")).text();
  expect(metrics).toMatch(/\ngantry_backup_age_seconds \d/);
  expect(metrics).toContain("\ngantry_backup_late 0");
  expect(metrics).not.toMatch(/\ngantry_restore_drill_age_seconds \d/);
});

test.skipIf(!hasMoto)(
  "contents that lie in files and in a bucket are in the backup, and are read where it was restored",
  async () => {
    await using s3 = await startS3();
    const files = createFileBackend(join(folder, "own-files"));
    const bucket = s3.backend();
    const texts = ["kept in a file", "kept in a bucket"] as const;
    const digests: Digest[] = [];
    for (const [index, backend] of [files, bucket].entries()) {
      const store = createBlobStore({ pool: api.pool, keys: api.keys, backends: [backend] });
      digests.push((await store.put(api.org, Buffer.from(texts[index] ?? ""), { purpose: "artifact" })).digest);
    }
    const made = await createBackup({ ...deps(), backends: [files, bucket] }, { folder, key, blobs: "include" });
    expect(made.manifest.blobs).toMatchObject({ count: 2, missing: 0 });
    await s3.edit(api.org, () => undefined);

    await using target = await createTestDatabase({ empty: true });
    const restored = createFileBackend(join(folder, "restored"));
    await restoreBackup({ ...restoreDeps(target), files: restored }, { file: made.file, key, replace: null });
    const pool = openPool(target.engineUrl);
    const keys = await openTestKeys(pool, api.keyFile);
    const store = createBlobStore({ pool, keys, backends: [restored] });
    const read = await Promise.all(digests.map(async (digest) => String(await readBlob(store, api.org, digest))));
    await pool.end();
    expect(read).toEqual(texts);
  },
);

test("the database is dumped by a pg_dump of its version or newer, and any other is refused and leaves no file", async () => {
  const path = join(folder, "gantry.dump");
  const dumped = await dumpDatabase(
    { backupUrl: api.engine.database.backupUrl, path: process.env["PATH"] ?? "", log: silentLog },
    { file: path, format: "custom" },
  ).then(
    () => "dumped",
    (error: { code?: string }) => error.code,
  );
  const begins = await readFile(path).then(
    (content) => content.subarray(0, 5).toString(),
    () => null,
  );
  // Which of the two it is depends on the clients of this machine.
  expect([
    ["dumped", "PGDMP"],
    ["pg_dump_unusable", null],
  ]).toContainEqual([dumped, begins]);
  const none = dumpDatabase(
    { backupUrl: api.engine.database.backupUrl, path: folder, log: silentLog },
    { file: path, format: "plain" },
  );
  await expect(none).rejects.toMatchObject({ code: "pg_dump_unusable" });
});

test("the role of backups reads every table and writes none", async () => {
  const pool = openPool(api.engine.database.backupUrl);
  for (const { schema, name } of manifest.tables)
    await expect(pool.query(`SELECT FROM "${schema}"."${name}" LIMIT 1`)).resolves.toBeDefined();
  await expect(pool.query("BEGIN; SET LOCAL transaction_read_only = off; DELETE FROM runs")).rejects.toThrow(
    "permission denied",
  );
  await pool.end();
});
