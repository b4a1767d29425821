import pg from "pg";
import type { Log } from "../lib/log.ts";
import { targetOf } from "./addresses.ts";
import { DatabaseUnreachableError } from "./errors.ts";

export interface ConnectionOptions {
  /** What the server shows in `pg_stat_activity.application_name`, e.g. `gantry-writer`. */
  name: string;
  /** Milliseconds; the server's default for the role stands where these are missing. */
  statementTimeout?: number;
  transactionTimeout?: number;
  /** Further settings of the session, e.g. `{ plan_cache_mode: "force_generic_plan" }`. */
  settings?: Record<string, string>;
}

export interface PoolOptions extends ConnectionOptions {
  /** Connections at most. */
  max: number;
  log: Log;
}

/**
 * A pool that outlives its server: a connection that breaks is dropped and logged, never an uncaught error, and the next
 * query makes a new one. `bigint` comes as a number (an error beyond 2^53), `timestamptz` as a Date, `json` parsed.
 */
export function connect(url: string, { max, log, ...options }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(url, options),
    max,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 1_800,
  });
  const note = (err: Error) => log.warn({ err, pool: options.name }, "A database connection broke");
  pool.on("error", note);
  // While a client is checked out the pool doesn't listen, and a client that is between two queries would throw.
  pool.on("connect", (client) => client.on("error", note));
  return pool;
}

/** For a connection of one's own (`LISTEN`, a heartbeat): `new pg.Client(clientConfig(url, { name }))`. */
export function clientConfig(url: string, options: ConnectionOptions): pg.ClientConfig {
  const address = new URL(url);
  address.searchParams.set("application_name", options.name);
  const settings = Object.entries({
    ...(options.statementTimeout !== undefined && { statement_timeout: String(options.statementTimeout) }),
    ...(options.transactionTimeout !== undefined && { transaction_timeout: String(options.transactionTimeout) }),
    ...options.settings,
  }).map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, "\\$&")}`);
  // Not as fields of the config: pg lets the options of a URL win over those.
  const own = address.searchParams.get("options");
  if (settings.length > 0) address.searchParams.set("options", [...(own ? [own] : []), ...settings].join(" "));
  return {
    connectionString: address.href,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    types: { getTypeParser },
  };
}

/**
 * One connection for a piece of work.
 *
 * @throws {DatabaseUnreachableError}
 */
export async function withClient<T>(
  url: string,
  options: ConnectionOptions,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(clientConfig(url, options));
  client.on("error", () => {}); // The query under way rejects with it.
  try {
    await client.connect();
  } catch (error) {
    throw new DatabaseUnreachableError(targetOf(url), error);
  }
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

const INT8 = 20;

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: "text" | "binary") => {
  const usual: unknown = pg.types.getTypeParser(oid, format);
  return (oid === INT8 && format !== "binary" ? safeInteger : usual) as never;
};

function safeInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number))
    throw new RangeError(`The bigint ${text} doesn't fit a number; select it as text.`);
  return number;
}
