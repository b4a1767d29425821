import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  CiphertextRejectedError,
  createEncryption,
  createKeyEncryption,
  createOrganizationKeys,
  loadOrCreateKeyring,
  reencrypt,
  VaultRefusedError,
  VaultSealedError,
  VaultUnavailableError,
  type Keyring,
} from "../../platform/src/secrets/index.ts";
import type { VaultConfig } from "../../platform/src/secrets/vault/config.ts";
import { openVaultTransit } from "../../platform/src/secrets/vault/index.ts";
import { silentLog } from "../support/log.ts";
import { createTestPools, type TestPools } from "../support/pools.ts";
import { startVaultServer, type VaultServer } from "../support/vault-server.ts";

let database: TestPools;
let folder: string;
let keyring: Keyring;
let vault: VaultServer;
let org: string;
let clock = 0;
beforeAll(async () => {
  database = await createTestPools();
  folder = await mkdtemp(join(tmpdir(), "gantry-vault-"));
  keyring = await loadOrCreateKeyring(join(folder, "key"));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await vault?.[Symbol.asyncDispose]();
  vault = await startVaultServer();
  org = randomUUID();
  await database.admin.query("DELETE FROM org_keys; DELETE FROM key_moves");
});
afterAll(() => vault[Symbol.asyncDispose]());

const file = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};
const auths = {
  token: async () => ({ kind: "token" as const, tokenFile: await file("token", "root-token\n") }),
  approle: async () => ({
    kind: "approle" as const,
    mount: "approle",
    roleId: vault.roleId,
    secretIdFile: await file("secret-id", `${vault.secretId}\n`),
    wrapped: false,
  }),
  kubernetes: async () => ({
    kind: "kubernetes" as const,
    mount: "kubernetes",
    role: "gantry",
    jwtFile: await file("jwt", "service-account-jwt"),
  }),
};

async function openProcess(config: Partial<VaultConfig> = {}) {
  const transit = await openVaultTransit(
    {
      use: true,
      address: vault.url,
      namespace: "team",
      caFile: undefined,
      transitMount: "transit",
      transitKey: "gantry",
      graceSeconds: 3_600,
      auth: await auths.approle(),
      ...config,
    },
    () => clock,
  );
  const keyEncryption = createKeyEncryption({ keyring, vault: transit });
  const pool = database.engine;
  const keys = createOrganizationKeys({ pool, keyring, keyEncryption, now: () => clock, log: silentLog });
  const encryption = createEncryption({ pool, keys, keyEncryption });
  return { keys, encryption, keyEncryption, job: { pool, keys, keyEncryption, holder: randomUUID(), log: silentLog } };
}

const secret = () => ({ org, purpose: "secret", record: "r" });
const value = Buffer.from("value");
const said = (method: string, path: string) =>
  vault.requests.filter((one) => one.method === method && one.path === path).length;

test.each(Object.keys(auths) as (keyof typeof auths)[])(
  "keys of organizations are wrapped by Vault's Transit, logged in by %s",
  async (kind) => {
    const sealed = await (await openProcess({ auth: await auths[kind]() })).keys.seal(secret(), value);
    const { rows } = await database.admin.query<{ kek: string; wrapped: Buffer }>("SELECT kek, wrapped FROM org_keys");
    expect(rows[0]?.kek).toBe("vault:transit/gantry:1");
    expect(rows[0]?.wrapped.toString()).toMatch(/^vault:v1:/);
    const other = await openProcess({ auth: await auths[kind]() });
    expect(await other.keys.open(secret(), sealed)).toEqual(value);
    expect(vault.requests.every(({ namespace }) => namespace === "team")).toBe(true);
    expect(await other.keyEncryption.check()).toMatchObject({ source: "vault", ok: true });
  },
);

test("one key is asked for once, however much is encrypted with it", async () => {
  const { keys } = await openProcess();
  const sealed = await Promise.all(Array.from({ length: 50 }, () => keys.seal(secret(), value)));
  await Promise.all(sealed.map((one) => keys.open(secret(), one)));
  expect([said("POST", "transit/encrypt/gantry"), said("POST", "transit/decrypt/gantry")]).toEqual([1, 1]);
});

test("while Vault is sealed keys in memory go on for the time that was set, then everything waits, and after unsealing works", async () => {
  const { keys, encryption } = await openProcess();
  const sealed = await keys.seal(secret(), value);
  vault.sealed = true;
  clock += 20 * 60_000;
  expect(await keys.open(secret(), sealed)).toEqual(value);
  expect((await encryption.status(org)).keyEncryption).toMatchObject({
    ok: false,
    problem: expect.stringMatching(/sealed/),
  });
  await expect(keys.prepare(randomUUID())).rejects.toThrow(VaultSealedError);
  clock += 60 * 60_000;
  await expect(keys.open(secret(), sealed)).rejects.toThrow(VaultSealedError);
  vault.sealed = false;
  expect(await keys.open(secret(), sealed)).toEqual(value);
});

test("what passes is tried again: too many requests, a node that lags, one that goes; other refusals say why", async () => {
  const { keys } = await openProcess();
  await keys.prepare(org);
  vault.next = [{ status: 412 }, { status: 429 }];
  await keys.prepare(randomUUID());
  vault.next = [{ status: 502 }, { status: 500 }, { status: 503 }];
  await expect(keys.prepare(randomUUID())).rejects.toThrow(VaultUnavailableError);
  vault.next = [{ status: 400, errors: ["no such key"] }];
  await expect(keys.prepare(randomUUID())).rejects.toThrow(/status 400\): no such key/);
});

test("a token is renewed in time, and after it was revoked the process logs in again", async () => {
  const { keys } = await openProcess();
  await keys.prepare(org);
  clock += 900_000;
  await keys.prepare(randomUUID());
  expect(said("POST", "auth/token/renew-self")).toBe(1);
  vault.tokens.clear();
  await keys.prepare(randomUUID());
  expect(said("POST", "auth/approle/login")).toBe(2);
});

test("a secret id may come wrapped: it is unwrapped once, and one that somebody else unwrapped is refused", async () => {
  const auth = { ...(await auths.approle()), wrapped: true, secretIdFile: await file("wrapped", "wrapping-token") };
  await expect((await openProcess({ auth })).keys.prepare(org)).rejects.toThrow(VaultRefusedError);
  vault.wrapping.add("wrapping-token");
  const { keys } = await openProcess({ auth });
  await keys.prepare(org);
  vault.tokens.clear();
  await keys.prepare(randomUUID());
  expect(said("POST", "sys/wrapping/unwrap")).toBe(2);
});

test("a wrapped key that was moved to another organization is refused", async () => {
  await (await openProcess()).keys.prepare(org);
  const other = randomUUID();
  await database.admin.query("UPDATE org_keys SET org = $1", [other]);
  await expect((await openProcess()).keys.prepare(other)).rejects.toThrow(CiphertextRejectedError);
});

test("moving from the key file to Vault wraps keys anew, and so does a new version of Vault's key; content stays", async () => {
  const keyEncryption = createKeyEncryption({ keyring });
  const before = createOrganizationKeys({
    pool: database.engine,
    keyring,
    keyEncryption,
    now: () => clock,
    log: silentLog,
  });
  const sealed = await before.seal(secret(), value);
  const { keys, encryption, job } = await openProcess();
  const under = async () => (await encryption.status(org)).keys.map((one) => one.under);
  expect(await keys.open(secret(), sealed)).toEqual(value);
  await reencrypt(job);
  expect(await under()).toEqual(["vault:transit/gantry:1"]);
  await (
    await encryption.rotateKeyEncryption()
  )(database.engine);
  await reencrypt(job);
  expect(await under()).toEqual(["vault:transit/gantry:2"]);
  expect(await (await openProcess()).keys.open(secret(), sealed)).toEqual(value);
});
