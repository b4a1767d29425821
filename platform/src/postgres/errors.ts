import { GantryError, type ErrorOptions } from "@gantry/sdk";

abstract class OperationalError extends GantryError {
  override readonly fault = "operational";
}

/** Another live process runs its server on this data directory. */
export class DataDirectoryLockedError extends OperationalError {
  readonly code = "data_directory_locked";

  constructor(dataDir: string, holder: { pid: number; host: string } | undefined) {
    const by = holder ? `process ${holder.pid} on ${holder.host}` : "another process";
    super(
      `The data directory ${dataDir} is in use by ${by}. Stop that process, or set GANTRY_DATA_DIR to another directory.`,
      { details: holder ? { dataDir, ...holder } : { dataDir } },
    );
  }
}

export class DataDirectoryUnwritableError extends OperationalError {
  readonly code = "data_directory_unwritable";

  constructor(dataDir: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      `The data directory ${dataDir} can't be written (${why}). Give this user write access to it, or set GANTRY_DATA_DIR to a directory it can write.`,
      { cause, details: { dataDir } },
    );
  }
}

/** Nothing is lost when this is raised: what was committed stays, a half-made data directory was removed. */
export class DiskFullError extends OperationalError {
  readonly code = "disk_full";
  override readonly retryable = true;

  constructor(directory: string, cause?: unknown) {
    super(
      `The disk that holds ${directory} is full, so Postgres can't start. Free at least 200 MB there (or move GANTRY_DATA_DIR to a larger disk) and start again; everything committed is still there.`,
      { cause, details: { directory } },
    );
  }
}

/** The data directory was made by another major version of Postgres than the one this release brings. */
export class DatabaseVersionChangedError extends OperationalError {
  readonly code = "database_version_changed";

  constructor(directory: string, found: string, brought: number) {
    super(
      `The database in ${directory} was made by Postgres ${found}; this release of Gantry brings Postgres ${brought} and leaves it untouched. ` +
        `Start it with the Gantry release that made it, copy it with "pg_dump" into a server of your own and set GANTRY_DATABASE_URL, or start empty by moving ${directory} away.`,
      { details: { directory, found, brought } },
    );
  }
}

/** The embedded server didn't start; the message carries what it said last. */
export class DatabaseStartError extends OperationalError {
  readonly code = "database_start_failed";

  constructor(what: string, output: string, options: ErrorOptions = {}) {
    const said = output.trim().split("\n").slice(-12).join("\n");
    super(said === "" ? what : `${what}\nPostgres said:\n${said}`, options);
  }
}

/** No server brings binaries for this machine. */
export class DatabaseUnsupportedPlatformError extends OperationalError {
  readonly code = "database_unsupported_platform";

  constructor(platform: string, cause?: unknown) {
    super(
      `The embedded Postgres isn't installed for ${platform}. Run "npm ci" without --omit=optional, or set GANTRY_DATABASE_URL to a Postgres 17 or newer.`,
      { cause, details: { platform } },
    );
  }
}

export class DatabaseUnreachableError extends OperationalError {
  readonly code = "database_unreachable";
  override readonly retryable = true;

  constructor(target: string, cause?: unknown) {
    const why = cause instanceof Error ? ` (${cause.message || codeOf(cause)})` : "";
    super(
      `The database at ${target} can't be reached${why}. Check that it runs and that GANTRY_DATABASE_URL is right.`,
      {
        cause,
        details: { target },
      },
    );
  }
}

/** A setting of the server that lets it lose what it acknowledged, or make us act on a stale copy. */
export class DatabaseUnsafeSettingError extends OperationalError {
  readonly code = "database_unsafe_setting";

  constructor(target: string, problems: readonly string[]) {
    super(
      `The database at ${target} isn't safe to use: ${problems.join("; ")}. Mend that on the server and start again.`,
      {
        details: { target, problems },
      },
    );
  }
}

/** The URL's user may not create roles; `details.sql` is what an administrator runs once. It holds no password. */
export class DatabaseRolesMissingError extends OperationalError {
  readonly code = "database_roles_missing";

  constructor(user: string, sql: string, cause?: unknown) {
    super(
      `The database user ${user} may not create what Gantry needs. Have an administrator run this once as a superuser (it holds no password, only verifiers), then start again:\n${sql}`,
      { cause, details: { sql } },
    );
  }
}

/** A migration that was applied is not the file this release has under that number. */
export class MigrationChangedError extends OperationalError {
  readonly code = "migration_changed";

  constructor(migration: string, applied: string) {
    super(
      `Migration ${migration} differs from the one that was applied (${applied}). Applied migrations never change: restore the file from the release, and put the change in a new migration.`,
      { details: { migration } },
    );
  }
}

/** A migration failed and was rolled back; those before it stay. */
export class MigrationFailedError extends OperationalError {
  readonly code = "migration_failed";

  constructor(migration: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`Migration ${migration} failed and was rolled back: ${why}.`, { cause, details: { migration } });
  }
}

/** Migration files that can't be put in order: a wrong name, a number twice. */
export class MigrationFilesError extends GantryError {
  readonly code = "migration_files_invalid";
  override readonly fault = "bug";
}

/** The code of an error of Node or Postgres; an AggregateError (both addresses of localhost refused) has only that. */
export function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : error.name;
}
