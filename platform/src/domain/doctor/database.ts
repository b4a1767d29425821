import type { DatabaseView, DoctorCheck } from "@gantry/sdk/api";

const gigabyte = 2 ** 30;
const ownServer = "export GANTRY_DATABASE_URL=postgresql://…";

/** What decides whether acknowledged work is still there after a crash, line by line. */
export function databaseChecks(database: DatabaseView): DoctorCheck[] {
  return [
    checkVersion(database),
    checkSetting(database, "fsync", database.fsync, "a crash of the machine can corrupt it"),
    checkSetting(database, "full_page_writes", database.fullPageWrites, "a crash of the machine can corrupt it"),
    checkSetting(
      database,
      "synchronous_commit",
      database.synchronousCommit,
      "a crash loses what was acknowledged last",
    ),
    checkPooler(database),
    checkIsolation(database),
    ...(database.disk === null ? [] : [checkDisk(database.disk)]),
    checkStandby(database),
    checkJournal(database),
  ];
}

function checkVersion({ embedded, version, supported, readOnly }: DatabaseView): DoctorCheck {
  const name = "database";
  const text = `PostgreSQL ${version}${embedded ? ", embedded" : ""}`;
  if (!supported) {
    const mend = "see https://www.postgresql.org/docs/current/upgrading.html";
    return { name, status: "broken", text: `${text}; Gantry needs 17 or newer`, mend };
  }
  if (readOnly) {
    const why = "is a read-only replica, so nothing can be recorded; name the primary and start Gantry again";
    return { name, status: "broken", text: `${text}, ${why}`, mend: ownServer };
  }
  return { name, status: "ok", text };
}

function checkSetting({ embedded }: DatabaseView, name: string, value: string, danger: string): DoctorCheck {
  if (value !== "off") return { name, status: "ok", text: value };
  if (name === "synchronous_commit") {
    // A role's own outranks the server's, also what the embedded one is started with; that comes without psql.
    const statement = "ALTER ROLE gantry_engine SET synchronous_commit = on";
    const mend = embedded ? statement : psql(statement);
    return { name, status: "broken", text: `off: ${danger}; mend it, then start Gantry again`, mend };
  }
  if (embedded) {
    return { name, status: "broken", text: `off: ${danger}; stop the server and start it`, mend: "gantry up" };
  }
  return { name, status: "broken", text: `off: ${danger}`, mend: psql(`ALTER SYSTEM SET ${name} = on`, reload) };
}

function checkPooler({ transactionPooler }: DatabaseView): DoctorCheck {
  const name = "pooler";
  if (!transactionPooler) return { name, status: "ok", text: "no transaction pooler in between" };
  const text =
    "a transaction pooler stands before the database: NOTIFY wakes nobody, so work starts late; name the server itself and start Gantry again";
  return { name, status: "missing", text, mend: ownServer };
}

function checkIsolation({ isolation }: DatabaseView): DoctorCheck {
  const name = "isolation";
  const [first] = isolation;
  if (first === undefined)
    return { name, status: "ok", text: "no role is above row-level security, and every table of organizations has it" };
  const more = isolation.length === 1 ? "" : `, and ${isolation.length - 1} more`;
  const text = `${first}${more}: organizations aren't kept apart; undo that as a superuser, then start Gantry again`;
  return { name, status: "broken", text };
}

function checkDisk({ freeBytes, totalBytes }: { freeBytes: number; totalBytes: number }): DoctorCheck {
  const name = "database disk";
  const free = `${inGigabytes(freeBytes)} of ${inGigabytes(totalBytes)} GB free`;
  if (freeBytes >= gigabyte) return { name, status: "ok", text: free };
  const text = `only ${free}; a full disk stops the database, so make room or move the data directory`;
  return { name, status: "broken", text, mend: 'df -h "$GANTRY_DATA_DIR"' };
}

function inGigabytes(bytes: number): string {
  return (bytes / gigabyte).toFixed(1);
}

function checkStandby({ embedded, waitsForStandby, synchronousCommit }: DatabaseView): DoctorCheck {
  const name = "standby";
  if (waitsForStandby) return { name, status: "ok", text: "a commit is acknowledged once a standby has it too" };
  const status = "missing";
  if (embedded) {
    const text = "the embedded database has none: its disk holds the only copy; a server of your own can have one";
    return { name, status, text, mend: ownServer };
  }
  if (synchronousCommit === "local") {
    const text = "synchronous_commit is local, so none is waited for: a failover would lose what was acknowledged last";
    return { name, status, text, mend: psql("ALTER ROLE gantry_engine SET synchronous_commit = on") };
  }
  const text =
    "none is waited for: a failover would lose what was acknowledged last; set synchronous_standby_names once a standby is attached (before that every commit would wait for it)";
  return { name, status, text, mend: psql("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'", reload) };
}

function checkJournal({ journal: { partitions, bytes, since, until, strays } }: DatabaseView): DoctorCheck {
  const name = "journal";
  const months = `${partitions} partitions, ${inGigabytes(bytes)} GB, from ${since ?? "the beginning"} to before ${until}`;
  if (strays === 0) return { name, status: "ok", text: months };
  const count = strays < 1_000 ? strays : "1,000 or more";
  const text = `${months}; ${count} events are of runs that fit into no month: a machine's clock was wrong when it created them, or months weren't made in time, of which the server's log tells`;
  return { name, status: "missing", text, mend: "timedatectl" };
}

const reload = "SELECT pg_reload_conf()";

/** As a superuser of the server. */
function psql(...statements: string[]): string {
  return `psql "$GANTRY_DATABASE_URL" ${statements.map((one) => `-c "${one}"`).join(" ")}`;
}
