import pg from "pg";
import type { Log } from "../lib/log.ts";
import { targetOf, withUser } from "./addresses.ts";
import { withClient } from "./connect.ts";
import { DatabaseRolesMissingError, DatabaseUnreachableError } from "./errors.ts";
import { assertSafeServer } from "./inspect.ts";
import { ROLE_SETTINGS, ROLES, type Role, type RolePasswords } from "./roles.ts";
import { scramVerifier } from "./scram.ts";

export interface DatabaseUrls {
  migratorUrl: string;
  apiUrl: string;
  engineUrl: string;
  authUrl: string;
  backupUrl: string;
}

export interface BootstrapOptions {
  /** Any user of the server; one that may create roles and databases where they are still missing. */
  adminUrl: string;
  /** Without it: the URL's own database, or `gantry` where the URL names `postgres` or none. */
  database?: string;
  passwords: RolePasswords;
  log: Log;
}

/**
 * Makes sure that the database and its five roles exist as they must, and that the server keeps what it acknowledges.
 * Safe to run at every start, and by several processes at once.
 *
 * @throws {DatabaseUnreachableError}
 * @throws {DatabaseUnsafeSettingError}
 * @throws {DatabaseRolesMissingError} something is missing and the URL's user may not make it
 */
export async function bootstrapDatabase(options: BootstrapOptions): Promise<DatabaseUrls> {
  const { adminUrl, passwords, log } = options;
  const database = options.database ?? databaseOf(adminUrl);
  const urlOf = (role: Role) => withUser(adminUrl, role, passwords[role], database);

  await withClient(adminUrl, { name: "gantry-bootstrap" }, async (admin) => {
    let missing = await missingStatements(admin, database, urlOf, passwords);
    if (missing.length > 0) {
      // Other processes may be at it too; what they made while we waited isn't missing any more.
      await admin.query("SELECT pg_advisory_lock($1)", [BOOTSTRAP_LOCK]);
      missing = await missingStatements(admin, database, urlOf, passwords);
      await runAll(admin, missing, new URL(adminUrl).username);
    }
  });
  const { transactionPooler } = await assertSafeServer(urlOf("gantry_engine"));
  if (transactionPooler) {
    log.warn(
      { target: targetOf(adminUrl) },
      "A transaction pooler stands before the database; waking by NOTIFY won't work, so set GANTRY_DATABASE_URL to the server itself",
    );
  }
  return {
    migratorUrl: urlOf("gantry_migrator"),
    apiUrl: urlOf("gantry_api"),
    engineUrl: urlOf("gantry_engine"),
    authUrl: urlOf("gantry_auth"),
    backupUrl: urlOf("gantry_backup"),
  };
}

/** Any constant will do; the lock is one of the admin URL's database. */
const BOOTSTRAP_LOCK = 4_021_977;

function databaseOf(adminUrl: string): string {
  const named = decodeURIComponent(new URL(adminUrl).pathname.slice(1));
  return named === "" || named === "postgres" ? "gantry" : named;
}

/** The statements that are still to be run, in order. An administrator can run them as they stand. */
async function missingStatements(
  admin: pg.Client,
  database: string,
  urlOf: (role: Role) => string,
  passwords: RolePasswords,
): Promise<string[]> {
  const { rows } = await admin.query<FoundRole>(
    `SELECT rolname AS name, rolsuper OR rolbypassrls OR rolreplication AS above, rolconfig AS config
       FROM pg_roles WHERE rolname = ANY ($1)`,
    [ROLES],
  );
  const roles = await Promise.all(
    ROLES.map((role) =>
      roleStatements(
        role,
        rows.find((row) => row.name === role),
        urlOf(role),
        passwords[role],
      ),
    ),
  );
  return [...roles.flat(), ...(await databaseStatements(admin, database))];
}

interface FoundRole {
  name: string;
  /** It can pass row-level security, or copy the whole server. */
  above: boolean;
  /** Its settings, each as name=value. */
  config: string[] | null;
}

async function roleStatements(
  role: Role,
  found: FoundRole | undefined,
  url: string,
  password: string,
): Promise<string[]> {
  const statements: string[] = [];
  if (!found) statements.push(`CREATE ROLE ${role} LOGIN PASSWORD '${scramVerifier(password)}'`);
  if (found && !(await canSignIn(url)))
    statements.push(`ALTER ROLE ${role} LOGIN PASSWORD '${scramVerifier(password)}'`);
  if (found?.above) statements.push(`ALTER ROLE ${role} NOSUPERUSER NOBYPASSRLS NOREPLICATION`);
  for (const [name, value] of Object.entries(ROLE_SETTINGS[role])) {
    if (!found?.config?.includes(`${name}=${value}`)) statements.push(`ALTER ROLE ${role} SET ${name} = '${value}'`);
  }
  return statements;
}

/** Asked of the server, as only superusers may read what it stores. A database that is still missing is no refusal. */
async function canSignIn(url: string): Promise<boolean> {
  try {
    await withClient(url, { name: "gantry-bootstrap" }, async () => {});
    return true;
  } catch (error) {
    const code = error instanceof DatabaseUnreachableError ? (error.cause as pg.DatabaseError).code : undefined;
    if (code === "28P01" || code === "28000") return false;
    if (code === "3D000" || code === "42501") return true;
    throw error;
  }
}

async function databaseStatements(admin: pg.Client, database: string): Promise<string[]> {
  const name = pg.escapeIdentifier(database);
  const { rows } = await admin.query<{ owner: string; open: boolean; admitted: number }>(
    `SELECT r.rolname AS owner, has_database_privilege('public', d.oid, 'CONNECT') AS open,
            (SELECT count(*)::int FROM pg_roles o
              WHERE o.rolname = ANY ($2) AND has_database_privilege(o.oid, d.oid, 'CONNECT')) AS admitted
       FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = $1`,
    [database, ROLES],
  );
  const user = await admin.query<{ super: boolean }>(
    "SELECT rolsuper AS super FROM pg_roles WHERE rolname = current_user",
  );
  // Only who could become the migrator may give it a database.
  const become = user.rows[0]?.super ? [] : ["GRANT gantry_migrator TO CURRENT_USER"];
  const found = rows[0];
  const closeToOthers = [
    `REVOKE CONNECT, TEMPORARY ON DATABASE ${name} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${name} TO gantry_api, gantry_engine, gantry_auth, gantry_backup`,
  ];
  if (!found) {
    const locale = "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'";
    return [...become, `CREATE DATABASE ${name} OWNER gantry_migrator TEMPLATE template0 ${locale}`, ...closeToOthers];
  }
  return [
    ...(found.owner === "gantry_migrator" ? [] : [...become, `ALTER DATABASE ${name} OWNER TO gantry_migrator`]),
    ...(found.open || found.admitted < ROLES.length ? closeToOthers : []),
  ];
}

async function runAll(admin: pg.Client, statements: readonly string[], user: string): Promise<void> {
  for (const [done, statement] of statements.entries()) {
    try {
      await admin.query(statement);
    } catch (error) {
      if ((error as pg.DatabaseError).code !== "42501") throw error;
      throw new DatabaseRolesMissingError(
        user,
        statements
          .slice(done)
          .map((text) => `${text};`)
          .join("\n"),
        error,
      );
    }
  }
}
