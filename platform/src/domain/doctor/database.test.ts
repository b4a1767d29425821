import type { DatabaseView } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { databaseChecks } from "./database.ts";

const sound: DatabaseView = {
  embedded: false,
  version: "18.4",
  supported: true,
  readOnly: false,
  fsync: "on",
  fullPageWrites: "on",
  synchronousCommit: "remote_apply",
  transactionPooler: false,
  waitsForStandby: true,
  isolation: [],
  disk: null,
  journal: { partitions: 5, bytes: 2 ** 30, since: "2026-11", until: "2027-03", strays: 0 },
};

/** What isn't in order, by name. */
function findings(change: Partial<DatabaseView>) {
  const found = databaseChecks({ ...sound, ...change }).filter(({ status }) => status !== "ok");
  return found.map(({ name, status, mend }) => [name, status, mend]);
}

test("a database that keeps what it acknowledged, also through a failover, has nothing to mend", () => {
  expect(findings({})).toEqual([]);
  expect(findings({ embedded: true, disk: { freeBytes: 2 ** 30, totalBytes: 2 ** 31 } })).toEqual([]);
});

test("each setting that can lose acknowledged work is broken and comes with its own command", () => {
  const psql = 'psql "$GANTRY_DATABASE_URL" -c';
  const reload = '-c "SELECT pg_reload_conf()"';
  expect(findings({ fsync: "off", fullPageWrites: "off", synchronousCommit: "off" })).toEqual([
    ["fsync", "broken", `${psql} "ALTER SYSTEM SET fsync = on" ${reload}`],
    ["full_page_writes", "broken", `${psql} "ALTER SYSTEM SET full_page_writes = on" ${reload}`],
    ["synchronous_commit", "broken", `${psql} "ALTER ROLE gantry_engine SET synchronous_commit = on"`],
  ]);
  expect(findings({ embedded: true, fsync: "off" })).toEqual([["fsync", "broken", "gantry up"]]);
});

test("an old server, a replica and a full disk are broken; a pooler lets everything else work", () => {
  const upgrading = "see https://www.postgresql.org/docs/current/upgrading.html";
  const named = "export GANTRY_DATABASE_URL=postgresql://…";
  expect(findings({ version: "16.9", supported: false })).toEqual([["database", "broken", upgrading]]);
  expect(findings({ readOnly: true })).toEqual([["database", "broken", named]]);
  expect(findings({ transactionPooler: true })).toEqual([["pooler", "missing", named]]);
  const disk = { freeBytes: 2 ** 30 - 1, totalBytes: 2 ** 40 };
  expect(findings({ embedded: true, disk })).toEqual([["database disk", "broken", 'df -h "$GANTRY_DATA_DIR"']]);
});

test("without a standby that commits wait for, it says what a failover would lose and how to have one", () => {
  const standbyOf = (change: Partial<DatabaseView>) =>
    databaseChecks({ ...sound, waitsForStandby: false, ...change }).find(({ name }) => name === "standby");
  expect(standbyOf({ synchronousCommit: "on" })).toMatchObject({
    status: "missing",
    text: expect.stringContaining("a failover would lose what was acknowledged last") as string,
    mend: expect.stringContaining("synchronous_standby_names = 'ANY 1 (*)'") as string,
  });
  expect(standbyOf({ synchronousCommit: "local" })?.mend).toContain("SET synchronous_commit = on");
  // No replica can attach to it, so commits would wait for ever.
  expect(standbyOf({ embedded: true })?.mend).not.toContain("synchronous_standby_names");
});

test("it says from when to when the journal has partitions, and that events fit into none of them", () => {
  const journalOf = (strays: number) =>
    databaseChecks({ ...sound, journal: { ...sound.journal, strays } }).find(({ name }) => name === "journal");
  expect(journalOf(0)).toEqual({
    name: "journal",
    status: "ok",
    text: "5 partitions, 1.0 GB, from 2026-11 to before 2027-03",
  });
  expect(journalOf(7)).toMatchObject({
    status: "missing",
    text: expect.stringContaining("; 7 events are of") as string,
  });
  expect(journalOf(1_000)?.text).toContain("; 1,000 or more events are of");
});
