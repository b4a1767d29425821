import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createBlobStore,
  createFileBackend,
  createLogWriter,
  createPostgresBackend,
  packDirectory,
} from "../../platform/src/blobs/index.ts";
import { putSecret } from "../../platform/src/secrets/index.ts";
import { inOrganization } from "../../platform/src/store/organization.ts";
import { dumpFiles, dumpTables, encodingsOf, findIn } from "../support/dumps.ts";
import { openTestKeys } from "../support/keys.ts";
import { createTestPools, type TestPools } from "../support/pools.ts";

let database: TestPools;
let folder: string;
beforeAll(async () => {
  database = await createTestPools();
  folder = await mkdtemp(join(tmpdir(), "gantry-canaries-"));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test("planted canaries are in no table and no file, raw or encoded", async () => {
  const org = randomUUID();
  const canary = `canary-${randomBytes(12).toString("hex")}`;
  const keys = await openTestKeys(database.engine, join(folder, "key"));
  const backends = [createFileBackend(join(folder, "blobs")), createPostgresBackend(database.engine)];
  await inOrganization(database.api, org, (tx) =>
    putSecret(
      { tx, keys },
      { org, project: null, environment: null, name: "token", value: canary, actor: "requester" },
    ),
  );
  const contents = [canary, `${canary} `.repeat(20_000), Buffer.concat([randomBytes(999), Buffer.from(canary)])];
  for (const [index, backend] of backends.entries()) {
    const store = createBlobStore({ pool: database.engine, keys, backends: [backend] });
    for (const content of contents)
      await store.put(org, Buffer.from(`${index}${String(content)}`), { purpose: "state" });
    const schedule = () => () => undefined;
    const place = { org, run: randomUUID(), attempt: "a1" };
    const log = createLogWriter({ pool: database.engine, store, schedule, ...place });
    await log.append("stdout", canary, index);
    await log.close();
    await store.put(org, packDirectory(import.meta.dirname, { include: ["canaries.test.ts"] }), { purpose: "bundle" });
  }

  const places = [...(await dumpTables(database.admin)), ...(await dumpFiles(folder))];
  expect(findIn(places, encodingsOf(canary))).toEqual([]);
  // The search itself works: what may be read is found by it, in a table and in a file.
  expect(places.some(({ content }) => content.includes("requester"))).toBe(true);
  expect(places.some(({ name, content }) => name.endsWith("key") && content.includes("gantry-keyring"))).toBe(true);
  expect(places.filter(({ content }) => content.length > 0).length).toBeGreaterThan(8);
});
