import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileBackend } from "../blobs/index.ts";
import {
  bootstrapDatabase,
  deriveRolePasswords,
  startEmbeddedPostgres,
  withClient,
  type DatabaseUrls,
} from "../postgres/index.ts";
import { beginSnapshot, copyOut, portableText } from "../store/installation/backup-tables.ts";
import { DrillFailedError } from "./errors.ts";
import type { Manifest } from "./manifest.ts";
import { restoreBackup, type RestoreDeps } from "./restore.ts";
import { verifyBackup } from "./verify.ts";
import type { KeySource } from "./key.ts";

/** What a restore writes anew: there only what it was made from was compared. */
const changed = new Set(
  [
    "backups",
    "blob_file_host",
    "blobs",
    "installation",
    "kill_switches",
    "lanes",
    "restores",
    "retention_lease",
    "runs",
    "wakeups",
    "workers",
  ]
    .map((name) => `public.${name}`)
    .concat(["auth.session", "auth.verification", "auth.deviceCode"]),
);

export interface DrillReport {
  manifest: Manifest;
  /** Tables whose every row was compared. */
  compared: number;
  rows: number;
  tookMs: number;
}

/**
 * Restores a backup into a database server of its own and compares every row with the file; then all of it is removed. The
 * installation isn't touched.
 *
 * @param examine looks at the restored copy as an installation: what it returns are problems.
 * @throws {DrillFailedError} and whatever a restore throws
 */
export async function drillBackup(
  deps: Omit<RestoreDeps, "migratorUrl" | "files"> & { now(): number },
  { file, key }: { file: string; key: KeySource },
  examine: (urls: DatabaseUrls) => Promise<readonly string[]> = async () => [],
): Promise<DrillReport> {
  const began = deps.now();
  const folder = await mkdtemp(join(tmpdir(), "gantry-drill-"));
  try {
    const written = new Map<string, RowSum>();
    await verifyBackup(file, key, ({ schema, name }, content) => {
      const sum = written.get(`${schema}.${name}`) ?? createRowSum();
      written.set(`${schema}.${name}`, sum);
      sum.add(content);
    });
    const server = await startEmbeddedPostgres({ dataDir: folder, log: deps.log });
    try {
      const urls = await bootstrapDatabase({
        adminUrl: server.superuserUrl,
        database: "gantry",
        passwords: deriveRolePasswords(deps.keyring.deriveKey("database-roles")),
        log: deps.log,
      });
      const files = createFileBackend(join(folder, "blobs"));
      const manifest = await restoreBackup(
        { ...deps, migratorUrl: urls.migratorUrl, files },
        { file, key, replace: null },
      );
      const tables = manifest.tables.filter(({ schema, name }) => !changed.has(`${schema}.${name}`));
      const different = await compareTables(urls.backupUrl, tables, written);
      const problems = [...different.map((name) => `${name} has other rows`), ...(await examine(urls))];
      if (problems.length > 0) throw new DrillFailedError(problems);
      const rows = tables.reduce((sum, table) => sum + table.rows, 0);
      return { manifest, compared: tables.length, rows, tookMs: deps.now() - began };
    } finally {
      await server.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of rows in any order: a restored table may give them out in another one. */
interface RowSum {
  add(content: Buffer): void;
  value(): string;
}

function createRowSum(): RowSum {
  let rest: Buffer = Buffer.alloc(0);
  let rows = 0;
  const sum = Buffer.alloc(32);
  return {
    add(content) {
      const all = rest.length === 0 ? content : Buffer.concat([rest, content]);
      let start = 0;
      for (let end = all.indexOf(10); end !== -1; end = all.indexOf(10, start)) {
        const hash = createHash("sha256").update(all.subarray(start, end)).digest();
        for (let at = 0; at < 32; at++) sum[at] = (sum[at] ?? 0) ^ (hash[at] ?? 0);
        rows += 1;
        start = end + 1;
      }
      rest = Buffer.from(all.subarray(start));
    },
    value: () => `${rows} ${sum.toString("hex")}`,
  };
}

async function compareTables(
  url: string,
  tables: Manifest["tables"],
  written: ReadonlyMap<string, RowSum>,
): Promise<string[]> {
  return withClient(url, { name: "gantry-drill" }, async (client) => {
    await client.query(beginSnapshot);
    await client.query(portableText);
    const different: string[] = [];
    for (const table of tables) {
      const name = `${table.schema}.${table.name}`;
      const found = createRowSum();
      for await (const part of copyOut(client, table)) found.add(part as Buffer);
      if (found.value() !== (written.get(name) ?? createRowSum()).value()) different.push(name);
    }
    return different;
  });
}
