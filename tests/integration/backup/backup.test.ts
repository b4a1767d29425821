import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBackup, restoreBackup, verifyBackup, type KeySource } from "../../../platform/src/backup/index.ts";
import { createFileBackend } from "../../../platform/src/blobs/index.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";
import { silentLog } from "../../support/log.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";

const migrations = join(import.meta.dirname, "../../../platform/src/store/migrations");
let api: TestApi;
let folder: string;
let key: KeySource;
let file: string;

beforeAll(async () => {
  api = await startTestApi();
  folder = await mkdtemp(join(tmpdir(), "gantry-backup-"));
  key = { kind: "platform", keyring: api.keyring };
  await api.client.secrets.put("db", "s3cret");
  const created = await createBackup(
    {
      backupUrl: api.engine.database.backupUrl,
      keyring: api.keyring,
      backends: [],
      release: "0.1.0",
      newId,
      log: silentLog,
    },
    { folder, key, blobs: "include" },
  );
  ({ file } = created);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const restoreDeps = (database: TestDatabase) => ({
  migratorUrl: database.migratorUrl,
  migrations,
  keyring: api.keyring,
  files: createFileBackend(join(folder, "blobs")),
  newId,
  log: silentLog,
});

test("a backup holds every table, and restores into an empty database", async () => {
  const manifest = await verifyBackup(file, key);
  expect(manifest.tables.find(({ name }) => name === "organizations")?.rows).toBe(2);
  await using target = await createTestDatabase({ empty: true });
  await restoreBackup(restoreDeps(target), { file, key, replace: null });
});
