import { GantryError, type ErrorOptions, type JsonObject } from "@gantry/sdk";

abstract class OperationalError extends GantryError {
  override readonly fault = "operational";
}

/** The folder can't be written, its disk is full, or the content can't be read. Nothing that looks like a backup was left. */
export class BackupNotWrittenError extends OperationalError {
  readonly code = "backup_not_written";
  override readonly retryable = true;
  constructor(folder: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      `The backup into ${folder} wasn't written, and nothing of it was left: ${why}. Mend that and make it again.`,
      {
        cause,
        details: { folder },
      },
    );
  }
}

/** Something isn't as it was written: bytes changed, cut off or exchanged. */
export class BackupDamagedError extends OperationalError {
  readonly code = "backup_damaged";
  constructor(file: string, what: string, options: ErrorOptions = {}) {
    super(`${file} is damaged: ${what}. Nothing was changed; use another backup, or another copy of this one.`, {
      ...options,
      details: { file, what },
    });
  }
}

/** The folder whose backups were asked for can't be read. */
export class BackupFolderUnreadableError extends OperationalError {
  readonly code = "backup_folder_unreadable";
  constructor(folder: string, cause: unknown) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such folder" : `it can't be read (${code ?? "unknown"})`;
    super(`The backups in ${folder} can't be listed: ${why}. Name the folder that gantry backup create wrote to.`, {
      cause,
      details: { folder },
    });
  }
}

export class BackupKeyWrongError extends OperationalError {
  readonly code = "backup_key_wrong";
  constructor(file: string, needed: string) {
    super(`${file} doesn't open with the key that was given: it needs ${needed}. Nothing was changed.`, {
      details: { file, needed },
    });
  }
}

/** Made by a later release than this one, which doesn't know what it holds. */
export class BackupNewerError extends OperationalError {
  readonly code = "backup_newer";
  constructor(file: string, release: string, what: string) {
    super(
      `${file} was made by release ${release}, which is newer: ${what}. Install that release, or a later one, and restore with it.`,
      { details: { file, release } },
    );
  }
}

export class BackupOfOtherInstallationError extends OperationalError {
  readonly code = "backup_of_other_installation";
  constructor(file: string, details: { backup: string; here: string }) {
    super(
      `${file} is of installation ${details.backup}, and what would be replaced is installation ${details.here}. Nothing was changed; restore it into an empty database.`,
      { details: { file, ...details } },
    );
  }
}

/** A table that the role of backups can't read whole: a backup without it would look complete. */
export class BackupIncompleteError extends GantryError {
  readonly code = "backup_incomplete";
  override readonly fault = "bug";
  constructor(tables: readonly string[]) {
    super(
      `The role gantry_backup can't read all rows of ${tables.join(", ")}, so no backup was made. Start the server once: it gives the role what new tables need.`,
      { details: { tables: [...tables] } },
    );
  }
}

export class RestoreNotEmptyError extends OperationalError {
  readonly code = "restore_not_empty";
  constructor(details: { installation: string; organizations: number; runs: number } & JsonObject) {
    const { installation, organizations, runs } = details;
    super(
      `The database isn't empty: it is installation ${installation} with ${organizations} organizations and ${runs} runs. ` +
        `Restore into an empty one, or replace it all: --replace --confirm ${installation}`,
      { details },
    );
  }
}

export class RestoreInUseError extends OperationalError {
  readonly code = "restore_in_use";
  constructor(connections: number) {
    super(
      `${connections} connections of Gantry are open to the database. Stop every server and worker of this installation, then restore.`,
      { details: { connections } },
    );
  }
}

/** The database is as it was before: everything is put in by one transaction. */
export class RestoreFailedError extends OperationalError {
  readonly code = "restore_failed";
  constructor(file: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${file} couldn't be restored, and the database is as it was before: ${why}.`, { cause, details: { file } });
  }
}

/** What a drill compared isn't equal. */
export class DrillFailedError extends OperationalError {
  readonly code = "backup_drill_failed";
  constructor(problems: readonly string[]) {
    super(`The restored copy isn't what was backed up: ${problems.join("; ")}.`, {
      details: { problems: [...problems] },
    });
  }
}

/** Nothing was restored: nobody could use what was. */
export class RestoreLocksOutError extends GantryError {
  readonly code = "restore_locks_out";
  constructor() {
    super(
      "Without its API keys nobody could get in: the backup has no owner who can sign in. Restore without --revoke-keys and revoke keys afterwards.",
    );
  }
}

/** pg_dump refuses a server that is newer than itself, so it is looked at first. */
export class PgDumpUnusableError extends OperationalError {
  readonly code = "pg_dump_unusable";
  constructor(client: string | null, server: string, cause?: unknown) {
    const found =
      client === null ? "There is no pg_dump on the PATH" : `The pg_dump on the PATH is of version ${client}`;
    super(
      `${found}, and the server is of version ${server}: install PostgreSQL's client of that version or newer. \`gantry backup create\` needs none.`,
      { details: { client, server }, ...(cause === undefined ? {} : { cause }) },
    );
  }
}

export class DumpFailedError extends OperationalError {
  readonly code = "dump_failed";
  constructor(file: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`The database couldn't be dumped to ${file}: ${why}`, { cause, details: { file } });
  }
}
