import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { storeVersion, openVersion } from "../../platform/src/api/records/state-content.ts";
import { createBlobStore, createPostgresBackend, readBlob } from "../../platform/src/blobs/index.ts";
import {
  createEncryption,
  createKeyEncryption,
  createOrganizationKeys,
  loadOrCreateKeyring,
  mcpSignInBinding,
  OrganizationKeyGoneError,
  putSecret,
  reencrypt,
  resolveSecret,
  rotateKeyring,
  sealRecord,
  type Keyring,
} from "../../platform/src/secrets/index.ts";
import { readSealed } from "../../platform/src/store/records/terraform-states.ts";
import { inOrganization } from "../../platform/src/store/organization.ts";
import { silentLog } from "../support/log.ts";
import { createTestPools, type TestPools } from "../support/pools.ts";

let database: TestPools;
let folder: string;
let keyFile: string;
let keyring: Keyring;
let org: string;
beforeAll(async () => {
  database = await createTestPools();
  folder = await mkdtemp(join(tmpdir(), "gantry-reencryption-"));
  keyFile = join(folder, "key");
  keyring = await loadOrCreateKeyring(keyFile);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  org = randomUUID();
  await database.admin.query("DELETE FROM key_moves; UPDATE encryption_lease SET holder = NULL, until = now()");
});

/** What a process has of encryption. */
function openProcess() {
  const rotateFile = async () => {
    await rotateKeyring(keyFile);
    keyring.reload();
  };
  const keyEncryption = createKeyEncryption({ keyring, rotateFile });
  const pool = database.engine;
  const keys = createOrganizationKeys({ pool, keyring, keyEncryption, now: Date.now, log: silentLog });
  const blobs = createBlobStore({ pool, keys, backends: [createPostgresBackend(pool)] });
  const encryption = createEncryption({ pool, keys, keyEncryption });
  const job = { pool, keys, keyEncryption, holder: randomUUID(), log: silentLog };
  return { keys, blobs, encryption, job };
}
type Process = ReturnType<typeof openProcess>;

/** As a route does it, in a transaction of the API's role. */
async function rotate({ encryption }: Process) {
  await inOrganization(database.api, org, await encryption.rotateOrganization(org));
}

const place = { project: null, environment: null, name: "token" };
const state = randomUUID();

/** One of each kind that is encrypted. */
async function storeOfEach({ keys, blobs }: Process) {
  await inOrganization(database.api, org, (tx) =>
    putSecret({ tx, keys }, { org, ...place, value: "the value", actor: "requester" }),
  );
  await inOrganization(database.api, org, (db) => {
    const content = Buffer.alloc(200_000, "state");
    const rest = { actor: "requester", run: null, lockId: null, restoredFrom: null, reason: null };
    return storeVersion({ keys }, db, { org, state, version: 1, content, ...rest });
  });
  const { digest } = await blobs.put(org, Buffer.from("content"), { purpose: "test" });
  return digest;
}

async function readOfEach({ keys, blobs }: Process, digest: `sha256:${string}`) {
  const { value } = await inOrganization(database.engine, org, (tx) => resolveSecret({ tx, keys }, { org, ...place }));
  const sealed = await readSealed(database.engine, org, state, 1);
  const content = await openVersion({ keys }, { org, state, version: 1 }, sealed ?? Buffer.alloc(0));
  return [value, content.length, (await readBlob(blobs, org, digest)).toString()];
}
const asStored = ["the value", 200_000, "content"];

test("everything of an organization is moved to its new key while it is read, and the old key is retired", async () => {
  const one = openProcess();
  const digest = await storeOfEach(one);
  await rotate(one);
  const [moved, seen] = await Promise.all([reencrypt(one.job), readOfEach(openProcess(), digest)]);
  expect([moved, seen]).toEqual([3, asStored]);
  const before = await one.encryption.status(org);
  expect(before.keys.map(({ version, uses }) => [version, uses])).toEqual([
    [1, 0],
    [2, 3],
  ]);
  expect(before.move).toMatchObject({ target: 2, moved: 3, total: 3, failure: null, finishedAt: expect.any(String) });

  await reencrypt(one.job, undefined, { oldAfterMs: 0 });
  const { keys } = await one.encryption.status(org);
  expect(keys.map(({ retiredAt }) => retiredAt !== null)).toEqual([true, false]);
  expect(await readOfEach(openProcess(), digest)).toEqual(asStored);
});

test("tokens of MCP servers move to the new key, and a sign-in that was begun keeps the old one from being retired", async () => {
  const one = openProcess();
  await one.keys.prepare(org);
  const binding = (part: "tokens" | "attempt") => mcpSignInBinding(org, "tracker", part);
  const [tokens, attempt] = await Promise.all(
    (["tokens", "attempt"] as const).map((part) => one.keys.seal(binding(part), Buffer.from(part))),
  );
  await database.admin.query(
    "INSERT INTO organizations (org, name) VALUES ($1::uuid, $1::text) ON CONFLICT DO NOTHING",
    [org],
  );
  await database.admin.query(
    "INSERT INTO mcp_servers (org, name, transport, url, actor) VALUES ($1, 'tracker', 'http', 'https://mcp.example.com/', 'owner')",
    [org],
  );
  await database.admin.query(
    `INSERT INTO mcp_sign_ins (org, server, tokens, attempt, attempt_until) VALUES ($1, 'tracker', $2, $3, now() + interval '10 minutes')`,
    [org, tokens, attempt],
  );
  await rotate(one);
  expect(await reencrypt(one.job)).toBe(1);
  await reencrypt(one.job, undefined, { oldAfterMs: 0 });
  const { rows } = await database.admin.query<{ tokens: Buffer; attempt: Buffer }>(
    "SELECT tokens, attempt FROM mcp_sign_ins WHERE org = $1",
    [org],
  );
  const { keys } = openProcess();
  expect((await keys.open(binding("tokens"), rows[0]?.tokens ?? Buffer.alloc(0))).toString()).toBe("tokens");
  expect((await keys.open(binding("attempt"), rows[0]?.attempt ?? Buffer.alloc(0))).toString()).toBe("attempt");
  expect(rows[0]?.tokens.subarray(0, 9)).not.toEqual(tokens?.subarray(0, 9));
});

test("a key that is still used isn't retired: what was stored with it meanwhile is moved first", async () => {
  const [one, slow] = [openProcess(), openProcess()];
  await slow.keys.prepare(org);
  await rotate(one);
  await reencrypt(one.job);
  // This process doesn't know of the new key yet.
  const digest = await storeOfEach(slow);
  await reencrypt(one.job, undefined, { oldAfterMs: 0 });
  expect((await one.encryption.status(org)).keys.map(({ retiredAt, uses }) => [retiredAt, uses])).toEqual([
    [null, 3],
    [null, 0],
  ]);
  await reencrypt(one.job, undefined, { oldAfterMs: 0 });
  const { keys } = await one.encryption.status(org);
  expect(keys.map(({ retiredAt, uses }) => [retiredAt === null, uses])).toEqual([
    [false, 0],
    [true, 3],
  ]);
  expect(await readOfEach(openProcess(), digest)).toEqual(asStored);
});

test("a re-encryption that was interrupted goes on where it stood, by whoever has the lease", async () => {
  const [one, other] = [openProcess(), openProcess()];
  await storeOfEach(one);
  for (let n = 0; n < 450; n++) await one.blobs.put(org, Buffer.from(`content ${n}`), { purpose: "test" });
  await rotate(one);
  const stop = new AbortController();
  let renewed = 0;
  const keys = {
    ...one.keys,
    renew: (...args: Parameters<typeof one.keys.renew>) => {
      if ((renewed += 1) === 100) stop.abort();
      return one.keys.renew(...args);
    },
  };
  const first = await reencrypt({ ...one.job, keys }, stop.signal);
  expect(first).toBeLessThan(453);
  expect(await reencrypt(other.job)).toBe(453 - first);
  const { move, keys: all } = await one.encryption.status(org);
  expect([move?.moved, all.map(({ uses }) => uses)]).toEqual([453, [0, 453]]);
});

test("one at a time re-encrypts, and what was altered stays behind without stopping the rest", async () => {
  const one = openProcess();
  await storeOfEach(one);
  await database.admin.query("UPDATE blobs SET wrapped_key = set_byte(wrapped_key, 60, get_byte(wrapped_key, 60) # 1)");
  await rotate(one);
  const counts = await Promise.all([reencrypt(one.job), reencrypt(openProcess().job)]);
  expect(counts.toSorted()).toEqual([0, 2]);
  const { move } = await one.encryption.status(org);
  expect(move?.failure).toMatch(/^blob sha256:.*refused/);
  await reencrypt(one.job, undefined, { oldAfterMs: 0 });
  expect((await one.encryption.status(org)).keys[0]?.retiredAt).toBe(null);
  await database.admin.query("DELETE FROM blobs");
});

test("what was encrypted before the organization had a key is moved to it", async () => {
  const one = openProcess();
  await storeOfEach(one);
  const { rows } = await database.admin.query<{ id: string }>("SELECT id FROM secrets WHERE org = $1", [org]);
  const binding = { org, purpose: "secret", record: JSON.stringify([rows[0]?.id, 1, null, null, "token"]) };
  await database.admin.query("UPDATE secret_versions SET envelope = $2 WHERE org = $1", [
    org,
    sealRecord(keyring, binding, Buffer.from("from before")),
  ]);
  expect((await one.encryption.status(org)).withoutKey).toBe(1);
  expect(await reencrypt(one.job)).toBe(1);
  expect((await one.encryption.status(org)).withoutKey).toBe(0);
  const { value } = await inOrganization(database.engine, org, (tx) =>
    resolveSecret({ tx, keys: one.keys }, { org, ...place }),
  );
  expect(value).toBe("from before");
});

test("a new key-encryption key wraps the keys of all organizations anew, and touches no content", async () => {
  const one = openProcess();
  const digest = await storeOfEach(one);
  const contents = "SELECT envelope FROM secret_versions UNION ALL SELECT wrapped_key FROM blobs";
  const { rows: before } = await database.admin.query(contents);
  const former = keyring.current.id;
  await (
    await one.encryption.rotateKeyEncryption()
  )(database.engine);
  await reencrypt(one.job);
  expect(keyring.current.id).not.toBe(former);
  const { rows: under } = await database.admin.query("SELECT DISTINCT kek FROM org_keys WHERE retired_at IS NULL");
  expect(under).toEqual([{ kek: `file:${keyring.current.id}` }]);
  expect((await database.admin.query(contents)).rows).toEqual(before);
  expect(await readOfEach(openProcess(), digest)).toEqual(asStored);
});

test("a retired key opens nothing any more", async () => {
  const one = openProcess();
  await storeOfEach(one);
  const { rows } = await database.admin.query<{ envelope: Buffer }>(
    "SELECT envelope FROM secret_versions WHERE org = $1",
    [org],
  );
  await rotate(one);
  await reencrypt(one.job);
  await reencrypt(one.job, undefined, { oldAfterMs: 0 });
  const open = openProcess().keys.open({ org, purpose: "secret", record: "" }, rows[0]?.envelope ?? Buffer.alloc(0));
  await expect(open).rejects.toThrow(OrganizationKeyGoneError);
});
