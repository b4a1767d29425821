import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startEmbeddedPostgres } from "../../platform/src/postgres/index.ts";
import type { OpenOptions } from "./engine.ts";

export interface Stage extends AsyncDisposable {
  /** What an engine is opened with: a folder of its own, databases on the one server. */
  optionsFor(name: string): Promise<OpenOptions>;
}

/** One Postgres for all, as Gantry ships it: fsync, full_page_writes and synchronous_commit are on. */
export async function openStage(): Promise<Stage> {
  const root = await mkdtemp(join(tmpdir(), "gantry-peers-"));
  // Postgres doesn't run as root: it must be able to reach its own folder.
  await chmod(root, 0o755);
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: console.error };
  const postgres = await startEmbeddedPostgres({ dataDir: join(root, "shared"), log });
  const admin = new pg.Pool({ connectionString: postgres.superuserUrl, max: 1 });
  let opened = 0;
  return {
    optionsFor: async (name) => {
      opened += 1;
      const number = opened;
      const folder = join(root, `${name}-${number}`);
      await mkdir(folder);
      return {
        folder,
        database: async (kind) => {
          await admin.query(`CREATE DATABASE "${kind}_${number}"`);
          const url = new URL(postgres.superuserUrl);
          url.pathname = `/${kind}_${number}`;
          return url.href;
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      await admin.end();
      await postgres.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}
