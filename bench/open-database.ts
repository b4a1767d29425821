import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  bootstrapDatabase,
  deriveRolePasswords,
  migrate,
  startEmbeddedPostgres,
  type DatabaseUrls,
} from "../platform/src/postgres/index.ts";

export interface BenchDatabase extends DatabaseUrls, AsyncDisposable {
  /** Where the database and whatever else the bench keeps lies; gone afterwards. */
  dataDir: string;
}

/** Only errors. */
export const benchLog = { debug: () => {}, info: () => {}, warn: () => {}, error: console.error };

/** The embedded Postgres with its durable settings and every migration. */
export async function openDatabase(): Promise<BenchDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), "gantry-bench-"));
  const postgres = await startEmbeddedPostgres({ dataDir, log: benchLog });
  const urls = await bootstrapDatabase({
    adminUrl: postgres.superuserUrl,
    database: "gantry",
    passwords: deriveRolePasswords(randomBytes(32)),
    log: benchLog,
  });
  await migrate({
    migratorUrl: urls.migratorUrl,
    directory: join(import.meta.dirname, "../platform/src/store/migrations"),
    log: benchLog,
  });
  return {
    ...urls,
    dataDir,
    async [Symbol.asyncDispose]() {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
