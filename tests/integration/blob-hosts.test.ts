import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  assertBlobsReachable,
  BlobsOnAnotherHostError,
  createBlobStore,
  createFileBackend,
  createPostgresBackend,
  hostId,
  moveFileBlobs,
  readBlob,
} from "../../platform/src/blobs/index.ts";
import { openTestKeys } from "../support/keys.ts";
import { createTestPools, type TestPools } from "../support/pools.ts";

let database: TestPools;
let folder: string;
beforeEach(async () => {
  database = await createTestPools();
  folder = await mkdtemp(join(tmpdir(), "gantry-hosts-"));
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test("a second host is refused while the first keeps blobs in files, and told what to do", async () => {
  const [first, second] = [join(folder, "first"), join(folder, "second")];
  await assertBlobsReachable(database.engine, { blobs: "files", dataDir: first });
  await assertBlobsReachable(database.api, { blobs: "files", dataDir: first });
  for (const blobs of ["files", "postgres"] as const) {
    const joining = assertBlobsReachable(database.engine, { blobs, dataDir: second });
    await expect(joining).rejects.toThrow(BlobsOnAnotherHostError);
    await expect(joining).rejects.toMatchObject({ code: "blobs_on_another_host" });
    await expect(joining).rejects.toThrow("GANTRY_BLOBS=postgres");
  }
});

test("processes of one host that start at once agree; of two hosts one wins", async () => {
  const start = (host: string) =>
    assertBlobsReachable(database.engine, { blobs: "files", dataDir: join(folder, host) });
  await Promise.all(Array.from({ length: 8 }, () => start("one")));
  await database.admin.query("DELETE FROM blob_file_host");
  const results = await Promise.allSettled([start("a"), start("b"), start("c")]);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("a host is called by its machine's name, and stays what it was called", async () => {
  const id = await hostId(join(folder, "named"));
  const [name = ""] = hostname().toLowerCase().split(".");
  expect(id).toMatch(/^[a-z0-9-]{1,40}-[0-9a-f]{16}$/);
  expect(id.slice(0, -17)).toBe(name.replaceAll(/[^a-z0-9-]+/g, "-").slice(0, 40));
  expect(await hostId(join(folder, "named"))).toBe(id);
  await writeFile(join(folder, "named", "host-id"), "0192f0c1\n");
  expect(await hostId(join(folder, "named"))).toBe("0192f0c1");
});

test("hosts with blobs in Postgres join freely", async () => {
  for (const host of ["a", "b"]) {
    await assertBlobsReachable(database.engine, { blobs: "postgres", dataDir: join(folder, host) });
  }
  expect((await database.admin.query("SELECT FROM blob_file_host")).rowCount).toBe(0);
});

test("a host that gives up its files moves them into Postgres, and then others may join and read", async () => {
  const dataDir = join(folder, "first");
  const files = createFileBackend(join(dataDir, "blobs"));
  const postgres = createPostgresBackend(database.engine);
  const keys = await openTestKeys(database.engine, join(dataDir, "key"));
  await assertBlobsReachable(database.engine, { blobs: "files", dataDir });
  const old = createBlobStore({ pool: database.engine, keys, backends: [files] });
  const contents = [randomBytes(0), randomBytes(100), randomBytes(900_000), Buffer.alloc(400_000, "text ")];
  const kept = [];
  for (const content of contents) {
    const org = randomUUID();
    kept.push({ org, content, ...(await old.put(org, content, { purpose: "test" })) });
  }
  await assertBlobsReachable(database.engine, { blobs: "postgres", dataDir });
  const move = () => moveFileBlobs({ pool: database.engine, from: files, to: postgres, dataDir });
  expect(await move()).toEqual({ moved: 4, lost: 0 });
  expect(await move()).toEqual({ moved: 0, lost: 0 });
  const left = await readdir(join(dataDir, "blobs"), { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile())).toEqual([]);
  await assertBlobsReachable(database.engine, { blobs: "postgres", dataDir: join(folder, "second") });
  const elsewhere = createBlobStore({ pool: database.engine, keys, backends: [postgres] });
  for (const { org, digest, content } of kept) {
    expect((await readBlob(elsewhere, org, digest)).equals(content)).toBe(true);
  }
});
