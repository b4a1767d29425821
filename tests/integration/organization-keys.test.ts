import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  CiphertextRejectedError,
  createKeyEncryption,
  createOrganizationKeys,
  loadOrCreateKeyring,
  OrganizationKeyGoneError,
  sealRecord,
  type Keyring,
} from "../../platform/src/secrets/index.ts";
import { silentLog } from "../support/log.ts";
import { createTestPools, type TestPools } from "../support/pools.ts";

let database: TestPools;
let folder: string;
let keyring: Keyring;
let org: string;
let clock = 0;
beforeAll(async () => {
  database = await createTestPools();
  folder = await mkdtemp(join(tmpdir(), "gantry-keys-"));
  keyring = await loadOrCreateKeyring(join(folder, "key"));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  org = randomUUID();
});

/** As another process has them. */
function openKeys() {
  const keyEncryption = createKeyEncryption({ keyring });
  return createOrganizationKeys({ pool: database.engine, keyring, keyEncryption, now: () => clock, log: silentLog });
}

const secret = (of: string) => ({ org: of, purpose: "secret", record: "r" });
const value = Buffer.from("value");

test("what one process seals another opens, and processes that begin at once agree on the first key", async () => {
  const processes = Array.from({ length: 5 }, openKeys);
  const sealed = await Promise.all(processes.map((keys) => keys.seal(secret(org), value)));
  for (const one of sealed) expect(await openKeys().open(secret(org), one)).toEqual(value);
  const { rows } = await database.admin.query("SELECT version FROM org_keys WHERE org = $1", [org]);
  expect(rows).toEqual([{ version: 1 }]);
});

test("what is sealed opens for no other organization, purpose or record", async () => {
  const keys = openKeys();
  const sealed = await keys.seal(secret(org), value);
  const other = randomUUID();
  await keys.prepare(other);
  for (const wrong of [secret(other), { ...secret(org), purpose: "blob" }, { ...secret(org), record: "s" }])
    await expect(keys.open(wrong, sealed)).rejects.toThrow(CiphertextRejectedError);
});

test("a key moved to another organization's row, or to another number, is refused", async () => {
  await openKeys().prepare(org);
  const other = randomUUID();
  await database.admin.query(
    "INSERT INTO org_keys (org, version, wrapped, kek) SELECT $2, version, wrapped, kek FROM org_keys WHERE org = $1",
    [org, other],
  );
  await expect(openKeys().prepare(other)).rejects.toThrow(CiphertextRejectedError);
  await database.admin.query("UPDATE org_keys SET version = 2 WHERE org = $1", [org]);
  await expect(openKeys().prepare(org)).rejects.toThrow(CiphertextRejectedError);
});

test("what was sealed before organizations had keys still opens", async () => {
  const old = sealRecord(keyring, secret(org), value);
  expect(await openKeys().open(secret(org), old)).toEqual(value);
  const renewed = await openKeys().renew(secret(org), old);
  expect([old[0], renewed[0]]).toEqual([1, 2]);
  expect(await openKeys().open(secret(org), renewed)).toEqual(value);
});

test("when an organization's keys are deleted, its content is unreadable: at once elsewhere, in a minute where they were held", async () => {
  const [holder, stranger] = [openKeys(), openKeys()];
  const sealed = await holder.seal(secret(org), value);
  await database.engine.query("DELETE FROM org_keys WHERE org = $1", [org]);
  await expect(stranger.open(secret(org), sealed)).rejects.toThrow(OrganizationKeyGoneError);
  expect(await holder.open(secret(org), sealed)).toEqual(value);
  clock += 60_000;
  await expect(holder.open(secret(org), sealed)).rejects.toThrow(OrganizationKeyGoneError);
});

test("the API's role sees which keys there are, and no key", async () => {
  await openKeys().prepare(org);
  const asApi = async (what: string) => {
    const client = await database.api.connect();
    try {
      await client.query(`BEGIN; SET LOCAL gantry.org = '${org}'`);
      return (await client.query<{ version: number }>(`SELECT ${what} FROM org_keys`)).rows;
    } finally {
      await client.query("ROLLBACK");
      client.release();
    }
  };
  expect(await asApi("version")).toEqual([{ version: 1 }]);
  await expect(asApi("wrapped")).rejects.toThrow("permission denied");
});
