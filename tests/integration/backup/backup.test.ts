import { copyFile, mkdtemp, open, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createBackup,
  drillBackup,
  listBackupFiles,
  restoreBackup,
  verifyBackup,
  type KeySource,
  type Manifest,
} from "../../../platform/src/backup/index.ts";
import { createFileBackend } from "../../../platform/src/blobs/index.ts";
import { loadOrCreateKeyring } from "../../../platform/src/secrets/index.ts";
import { readIncarnation } from "../../../platform/src/store/event-feed.ts";
import { readRestore, resumeRestored } from "../../../platform/src/store/restores.ts";
import { memoryTools, startTestApi, type TestApi } from "../../support/api.ts";
import { newId, startTestEngine } from "../../support/engine.ts";
import { silentLog } from "../../support/log.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";

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
  await pool.end();
  expect(rows).toEqual([{ id: run }]);
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
