import type pg from "pg";
import { targetOf } from "./addresses.ts";
import { withClient } from "./connect.ts";
import { DatabaseUnsafeSettingError } from "./errors.ts";

export interface ServerReport {
  /** e.g. 18.4 */
  version: string;
  /** Why this server must not be used, in words; empty when it may. */
  problems: string[];
  /** Sessions share the server's connections (PgBouncer in transaction mode): LISTEN and session locks won't work. */
  transactionPooler: boolean;
}

/**
 * Looks at what decides whether an acknowledged commit survives. Settings may be set per role, so ask with the URL of the
 * role that will write.
 *
 * @throws {DatabaseUnreachableError}
 */
export async function inspectServer(url: string): Promise<ServerReport> {
  return withClient(url, { name: "gantry-inspect" }, async (client) => {
    const { rows } = await client.query<Record<"version" | "number" | "replica" | (typeof DURABLE)[number], string>>(
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number,
         pg_is_in_recovery()::text AS replica, ${DURABLE.map((name) => `current_setting('${name}') AS ${name}`).join(", ")}`,
    );
    const row = rows[0];
    if (!row) throw new Error("The server answered the inspection with no row");
    const problems = DURABLE.filter((name) => row[name] === "off").map(
      (name) => `${name} is off, so it can lose acknowledged commits`,
    );
    if (Number(row.number) < 170_000) problems.push(`it is Postgres ${row.version}, and Gantry needs 17 or newer`);
    if (row.replica === "true") problems.push("it is a read-only replica; give the address of the primary");
    return { version: row.version, problems, transactionPooler: await sharesConnections(url, client) };
  });
}

/** @throws {DatabaseUnsafeSettingError} */
export async function assertSafeServer(url: string): Promise<ServerReport> {
  const report = await inspectServer(url);
  if (report.problems.length > 0) throw new DatabaseUnsafeSettingError(targetOf(url), report.problems);
  return report;
}

const DURABLE = ["fsync", "full_page_writes", "synchronous_commit"] as const;

/** Two sessions that are open at once have two back-ends, unless something in between hands one to both. */
async function sharesConnections(url: string, first: pg.Client): Promise<boolean> {
  const backend = async (client: pg.Client) =>
    (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid;
  return withClient(
    url,
    { name: "gantry-inspect" },
    async (second) => (await backend(first)) === (await backend(second)),
  );
}
