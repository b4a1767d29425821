import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { rename, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Log } from "../lib/log.ts";
import { withClient } from "../postgres/index.ts";
import { DumpFailedError, PgDumpUnusableError } from "./errors.ts";

export interface DumpOptions {
  file: string;
  format: "custom" | "plain" | "tar";
}

/**
 * Writes the database alone in a format of pg_dump's, for those who have their own ways with these. It isn't encrypted as a whole, has
 * no contents that lie elsewhere, and isn't what a restore of ours takes.
 *
 * @throws {PgDumpUnusableError} @throws {DumpFailedError}
 */
export async function dumpDatabase(
  { backupUrl, path, log }: { backupUrl: string; /** Where commands are looked for. */ path: string; log: Log },
  { file, format }: DumpOptions,
): Promise<{ file: string; client: string; server: string }> {
  const server = await serverVersion(backupUrl);
  const client = await clientVersion(path, server);
  if (Number.parseInt(client, 10) < Number.parseInt(server, 10)) throw new PgDumpUnusableError(client, server);
  const unfinished = `${file}.unfinished`;
  try {
    // pg_dump fills a file that is there and keeps its mode: hashes of passwords are in it.
    await writeFile(unfinished, "", { mode: 0o600 });
    await runDump(backupUrl, path, ["--format", format, "--file", unfinished]);
    await rename(unfinished, file);
  } catch (error) {
    throw new DumpFailedError(file, error);
  } finally {
    await rm(unfinished, { force: true });
  }
  log.info({ file, format }, "The database was dumped");
  return { file, client, server };
}

async function serverVersion(url: string): Promise<string> {
  return withClient(url, { name: "gantry-dump" }, async (client) => {
    const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
    return rows[0]?.server_version ?? "";
  });
}

/** `pg_dump (PostgreSQL) 15.18 (Debian …)` */
async function clientVersion(path: string, server: string): Promise<string> {
  const { stdout } = await promisify(execFile)("pg_dump", ["--version"], { env: { PATH: path } }).catch(
    (error: unknown) => {
      throw new PgDumpUnusableError(null, server, error);
    },
  );
  return /\d+(\.\d+)?/.exec(stdout)?.[0] ?? "";
}

async function runDump(url: string, path: string, parameters: readonly string[]): Promise<void> {
  const { username, password, hostname, port, pathname, searchParams } = new URL(url);
  // The password stands in the environment: a command line is for everybody on the machine to see.
  const env = {
    PATH: path,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGHOST: searchParams.get("host") ?? hostname,
    PGPORT: searchParams.get("port") ?? port,
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGSSLMODE: searchParams.get("sslmode") ?? "prefer",
  };
  // As the role that may read every row; without this pg_dump refuses tables that have policies.
  const child = spawn("pg_dump", ["--enable-row-security", "--no-password", ...parameters], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2_000)));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(said.trim() || `pg_dump ended with ${String(code)}`);
}
