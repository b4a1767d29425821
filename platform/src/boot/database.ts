import { fileURLToPath } from "node:url";
import type { Config } from "../config.ts";
import type { Log } from "../lib/log.ts";
import {
  attachEmbeddedPostgres,
  bootstrapDatabase,
  deriveRolePasswords,
  migrate,
  startEmbeddedPostgres,
  withClient,
  type DatabaseUrls,
} from "../postgres/index.ts";
import { afterMigrations, isolationProblems } from "../store/isolation.ts";
import type { Keyring } from "../secrets/index.ts";
import { DatabaseNotIsolatedError } from "./errors.ts";

export interface Database extends DatabaseUrls {
  embedded: boolean;
  stop(): Promise<void>;
}

/** This release's. */
export const migrations = fileURLToPath(new URL("../store/migrations", import.meta.url));

/**
 * The database with its roles and tables: the one that the configuration names, or the embedded server. A process that
 * only works on runs attaches to the embedded server that another process started.
 */
export async function openDatabase(
  config: Config,
  { keyring, log }: { keyring: Keyring; log: Log },
): Promise<Database> {
  const server = await openServer(config, log);
  try {
    const passwords = deriveRolePasswords(keyring.deriveKey("database-roles"));
    const urls = await bootstrapDatabase({
      adminUrl: server.adminUrl,
      passwords,
      log,
      ...(server.embedded ? { database: "gantry" } : {}),
    });
    const applied = await migrate({
      migratorUrl: urls.migratorUrl,
      directory: migrations,
      afterwards: afterMigrations,
      log,
    });
    await assertIsolated(urls.engineUrl);
    if (applied.length > 0) log.info({ applied }, "The database's tables are up to date");
    return { ...urls, embedded: server.embedded, stop: server.stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** @throws DatabaseNotIsolatedError */
export async function assertIsolated(engineUrl: string): Promise<void> {
  const problems = await withClient(engineUrl, { name: "gantry-inspect" }, isolationProblems);
  if (problems.length > 0) throw new DatabaseNotIsolatedError(problems);
}

async function openServer(
  config: Config,
  log: Log,
): Promise<{ adminUrl: string; embedded: boolean; stop(): Promise<void> }> {
  const nothing = async () => {};
  if (config.databaseUrl !== undefined) return { adminUrl: config.databaseUrl, embedded: false, stop: nothing };
  if (config.role === "worker") {
    const { superuserUrl } = await attachEmbeddedPostgres({ dataDir: config.dataDir });
    return { adminUrl: superuserUrl, embedded: true, stop: nothing };
  }
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, log });
  return { adminUrl: server.superuserUrl, embedded: true, stop: () => server.stop() };
}
