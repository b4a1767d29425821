import { statfs } from "node:fs/promises";
import type { DatabaseView } from "@gantry/sdk/api";
import { inspectServer, withClient } from "../postgres/index.ts";
import { readJournalNumbers } from "../store/journal/event-partitions.ts";
import { isolationProblems } from "../store/isolation.ts";

/**
 * A look at the database for `gantry doctor`, with the URL of the role that writes; `directory` is the embedded server's.
 * Whoever asks meanwhile gets the same answer: each look opens connections past the pools.
 */
export function createDatabaseInspection(database: {
  engineUrl: string;
  directory: string | null;
}): () => Promise<DatabaseView> {
  let looking: Promise<DatabaseView> | undefined;
  return () => (looking ??= look(database).finally(() => (looking = undefined)));
}

async function look({ engineUrl, directory }: { engineUrl: string; directory: string | null }): Promise<DatabaseView> {
  const [server, isolation, disk, journal] = await Promise.all([
    inspectServer(engineUrl),
    withClient(engineUrl, { name: "gantry-inspect" }, isolationProblems),
    directory === null ? null : statfs(directory),
    withClient(engineUrl, { name: "gantry-inspect" }, readJournalNumbers),
  ]);
  const { version, supported, readOnly, settings, transactionPooler, waitsForStandby } = server;
  return {
    embedded: directory !== null,
    version,
    supported,
    readOnly,
    fsync: settings.fsync,
    fullPageWrites: settings.full_page_writes,
    synchronousCommit: settings.synchronous_commit,
    transactionPooler,
    waitsForStandby,
    isolation,
    disk: disk && { freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize },
    journal,
  };
}
