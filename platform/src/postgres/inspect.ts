import type pg from "pg";
import { targetOf } from "./addresses.ts";
import { withClient } from "./connect.ts";
import { DatabaseUnsafeSettingError } from "./errors.ts";

export interface ServerReport {
  /** e.g. 18.4 */
  version: string;
  supported: boolean;
  /** A replica. */
  readOnly: boolean;
  settings: Record<(typeof DURABLE)[number], string>;
  /** Whether a commit is acknowledged only once a standby has it too. */
  waitsForStandby: boolean;
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
    const { rows } = await client.query<
      Record<"version" | "number" | "replica" | "standbys" | (typeof DURABLE)[number], string>
    >(
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number,
         pg_is_in_recovery()::text AS replica, current_setting('synchronous_standby_names') AS standbys,
         ${DURABLE.map((name) => `current_setting('${name}') AS ${name}`).join(", ")}`,
    );
    const row = rows[0];
    if (!row) throw new Error("The server answered the inspection with no row");
    const { version, standbys, fsync, full_page_writes, synchronous_commit } = row;
    const supported = Number(row.number) >= 170_000;
    const readOnly = row.replica === "true";
    const problems = DURABLE.filter((name) => row[name] === "off").map(
      (name) => `${name} is off, so it can lose acknowledged commits`,
    );
    if (!supported) problems.push(`it is Postgres ${version}, and Gantry needs 17 or newer`);
    if (readOnly) problems.push("it is a read-only replica; give the address of the primary");
    return {
      version,
      supported,
      readOnly,
      settings: { fsync, full_page_writes, synchronous_commit },
      waitsForStandby: standbys.trim() !== "" && !["off", "local"].includes(synchronous_commit),
      problems,
      transactionPooler: await sharesConnections(url, client),
    };
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
