import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { TestProject } from "vitest/node";
import {
  bootstrapDatabase,
  deriveRolePasswords,
  migrate,
  startEmbeddedPostgres,
} from "../../platform/src/postgres/index.ts";
import { afterMigrations } from "../../platform/src/store/isolation.ts";
import { fastDirectory } from "./fast-directory.ts";
import { silentLog } from "./log.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Answers with a `TestServer`; the first question starts it. */
    testPostgres: string;
  }
}

/** The one server of a test run, and the database that fresh ones are copied from. */
export interface TestServer {
  superuserUrl: string;
  template: string;
}

/**
 * Vitest's global set-up: one real Postgres for the whole run, started when the first test asks for a database, so that
 * files that need none don't wait for it.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: ReturnType<typeof startTestServer> | undefined;
  const door = createServer(async (_request, response) => {
    try {
      starting ??= startTestServer();
      response.end(JSON.stringify((await starting).server));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  project.provide("testPostgres", `http://127.0.0.1:${(door.address() as AddressInfo).port}`);
  return async () => {
    door.close();
    await (await starting?.catch(() => undefined))?.stop();
  };
}

async function startTestServer(): Promise<{ server: TestServer; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(path.join(await fastDirectory(), "gantry-test-"));
  const postgres = await startEmbeddedPostgres({ dataDir, log: silentLog });
  const template = "gantry_template";
  const adminUrl = postgres.superuserUrl;
  const urls = await bootstrapDatabase({ adminUrl, database: template, passwords: testPasswords, log: silentLog });
  const directory = path.join(import.meta.dirname, "../../platform/src/store/migrations");
  await migrate({ migratorUrl: urls.migratorUrl, directory, afterwards: afterMigrations, log: silentLog });
  return {
    server: { superuserUrl: adminUrl, template },
    async stop() {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export const testPasswords = deriveRolePasswords(Buffer.from("the key of tests"));
