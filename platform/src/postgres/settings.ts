/**
 * Settings of the embedded server. They are given on its command line, which nothing in the data directory can override:
 * what makes an acknowledged commit durable can't be switched off by accident, and a new release changes them for old
 * directories too. Who wants to tune runs a server of their own.
 */
export function serverSettings(listen: { socketDirectory: string } | { port: number }): string[] {
  const settings: Record<string, string> = {
    ...("port" in listen
      ? { listen_addresses: "127.0.0.1", port: String(listen.port), unix_socket_directories: "" }
      : { listen_addresses: "", port: String(SOCKET_PORT), unix_socket_directories: quoted(listen.socketDirectory) }),
    unix_socket_permissions: "0700",
    fsync: "on",
    full_page_writes: "on",
    synchronous_commit: "on",
    // No replica can attach. wal_level stays "replica": "minimal" gains us nothing and would rule out file-level backups.
    max_wal_senders: "0",
    max_logical_replication_workers: "0",
    max_connections: "120",
    shared_buffers: "128MB",
    wal_buffers: "16MB",
    checkpoint_timeout: "15min",
    huge_pages: "off",
    // Short transactions only: compiling and parallel workers cost more than they save, three I/O processes too.
    jit: "off",
    max_parallel_workers_per_gather: "0",
    io_method: "sync",
    cluster_name: "gantry",
    timezone: "UTC",
    lc_messages: "C",
    // To the file that `openServerLog` gives it. Terse and without statements: row values may be secrets.
    logging_collector: "off",
    log_timezone: "UTC",
    log_min_messages: "warning",
    log_checkpoints: "off",
    log_error_verbosity: "terse",
    log_min_error_statement: "panic",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** The number in the socket's name; each data directory has a socket folder of its own, so it never collides. */
export const SOCKET_PORT = 5432;

function quoted(directory: string): string {
  return `"${directory.replaceAll('"', '""')}"`;
}
