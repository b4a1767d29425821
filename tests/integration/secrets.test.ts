import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  CiphertextRejectedError,
  deleteSecret,
  listSecrets,
  putSecret,
  resolveSecret,
  SecretInvalidError,
  SecretNotFoundError,
  type OrganizationKeys,
} from "../../platform/src/secrets/index.ts";
import { inOrganization } from "../../platform/src/store/organization.ts";
import { openTestKeys } from "../support/keys.ts";
import { createTestPools, type TestPools } from "../support/pools.ts";

let database: TestPools;
let folder: string;
let keys: OrganizationKeys;
let org: string;
beforeAll(async () => {
  database = await createTestPools();
  folder = await mkdtemp(join(tmpdir(), "gantry-secrets-"));
  keys = await openTestKeys(database.engine, join(folder, "key"));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  org = randomUUID();
});

const project = randomUUID();
const organizationWide = { project: null, environment: null };
const projectWide = { project, environment: null };
const staging = { project, environment: "staging" };

test("the nearest secret wins: environment, then project, then organization", async () => {
  await put({ ...organizationWide, name: "token", value: "from organization" });
  expect(await resolve({ ...staging, name: "token" })).toBe("from organization");
  await put({ ...projectWide, name: "token", value: "from project" });
  expect(await resolve({ ...staging, name: "token" })).toBe("from project");
  await put({ ...staging, name: "token", value: "from environment" });
  expect(await resolve({ ...staging, name: "token" })).toBe("from environment");
  expect(await resolve({ project, environment: "production", name: "token" })).toBe("from project");
  expect(await resolve({ project: randomUUID(), environment: "staging", name: "token" })).toBe("from organization");
  expect(await resolve({ ...organizationWide, name: "token" })).toBe("from organization");
});

test("storing again makes a new version, also when several store at once", async () => {
  const versions = await Promise.all(
    Array.from({ length: 8 }, (_, index) => put({ ...projectWide, name: "token", value: `value ${index}` })),
  );
  expect(versions.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await put({ ...projectWide, name: "token", value: "last" })).toBe(9);
  expect(await resolve({ ...projectWide, name: "token" })).toBe("last");
});

test("a list shows what exists in one scope and never a value", async () => {
  await put({ ...projectWide, name: "b", value: "canary-list" });
  await put({ ...projectWide, name: "a", value: "canary-list" });
  await put({ ...staging, name: "c", value: "canary-list" });
  const listed = await inOrganization(database.api, org, (tx) => listSecrets(tx, { org, ...projectWide }));
  expect(listed.map(({ name, version, actor }) => ({ name, version, actor }))).toEqual([
    { name: "a", version: 1, actor: "requester" },
    { name: "b", version: 1, actor: "requester" },
  ]);
  expect(JSON.stringify(listed)).not.toContain("canary-list");
});

test("a deleted secret is gone with its versions, and an outer one shows through", async () => {
  await put({ ...organizationWide, name: "token", value: "outer" });
  await put({ ...staging, name: "token", value: "first" });
  await put({ ...staging, name: "token", value: "second" });
  const remove = () => inOrganization(database.api, org, (tx) => deleteSecret(tx, { org, ...staging, name: "token" }));
  expect(await remove()).toBe(true);
  expect(await remove()).toBe(false);
  expect(await resolve({ ...staging, name: "token" })).toBe("outer");
  const { rows } = await database.admin.query("SELECT version FROM secret_versions WHERE org = $1", [org]);
  expect(rows).toHaveLength(1);
});

test("another organization sees nothing, neither through the functions nor the tables", async () => {
  await put({ ...organizationWide, name: "token", value: "mine" });
  const other = randomUUID();
  const seen = await inOrganization(database.api, other, async (tx) => ({
    listed: await listSecrets(tx, { org, ...organizationWide }),
    deleted: await deleteSecret(tx, { org, ...organizationWide, name: "token" }),
    rows: (await tx.query("SELECT id FROM secrets")).rows,
  }));
  expect(seen).toEqual({ listed: [], deleted: false, rows: [] });
  await expect(
    inOrganization(database.engine, other, (tx) =>
      resolveSecret({ tx, keys }, { org: other, ...organizationWide, name: "token" }),
    ),
  ).rejects.toThrow(SecretNotFoundError);
  const write = inOrganization(database.api, other, (tx) =>
    putSecret({ tx, keys }, { org, ...organizationWide, name: "planted", value: "value", actor: "intruder" }),
  );
  await expect(write).rejects.toThrow("row-level security");
});

test("the API's role can't read envelopes", async () => {
  await put({ ...organizationWide, name: "token", value: "mine" });
  const read = inOrganization(database.api, org, (tx) => tx.query("SELECT envelope FROM secret_versions"));
  await expect(read).rejects.toThrow("permission denied");
});

test("an envelope moved by someone with write access to the database is refused", async () => {
  await put({ ...staging, name: "harmless", value: "first" });
  await put({ project, environment: "production", name: "password", value: "second" });
  const rename = "UPDATE secrets SET name = 'harmless', environment = 'staging' WHERE org = $1 AND name = 'password'";
  await database.admin.query("DELETE FROM secrets WHERE org = $1 AND name = 'harmless'", [org]);
  await database.admin.query(rename, [org]);
  await expect(resolve({ ...staging, name: "harmless" })).rejects.toThrow(CiphertextRejectedError);
});

test("an old version put in the place of the newest is refused", async () => {
  await put({ ...projectWide, name: "token", value: "leaked" });
  await put({ ...projectWide, name: "token", value: "rotated" });
  await database.admin.query(
    `UPDATE secret_versions v SET envelope = old.envelope FROM secret_versions old
      WHERE v.org = $1 AND v.version = 2 AND old.org = v.org AND old.secret_id = v.secret_id AND old.version = 1`,
    [org],
  );
  await expect(resolve({ ...projectWide, name: "token" })).rejects.toThrow(CiphertextRejectedError);
});

test("names, scopes and values that can't be stored are refused without repeating the value", async () => {
  const value = "canary-refused";
  const wrong = [
    ...["", "1a", "a b", "../a", "a/b", "a".repeat(129), "ä"].map((name) => ({ ...projectWide, name, value })),
    { project: null, environment: "staging", name: "a", value },
    { ...projectWide, name: "a", value: "" },
    { ...projectWide, name: "a", value: `${value}\ud800` },
    { ...projectWide, name: "a", value: value.repeat(8000) },
  ];
  for (const secret of wrong) {
    const error = await put(secret).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SecretInvalidError);
    expect(String((error as Error).stack)).not.toContain(value);
  }
});

test("a value keeps every character, NUL and emoji too", async () => {
  const value = 'a\0b\n"ä😀';
  await put({ ...projectWide, name: "odd", value });
  expect(await resolve({ ...projectWide, name: "odd" })).toBe(value);
});

function put(secret: { project: string | null; environment: string | null; name: string; value: string }) {
  const api: Pool = database.api;
  return inOrganization(api, org, (tx) => putSecret({ tx, keys }, { org, ...secret, actor: "requester" }));
}

async function resolve(reference: { project: string | null; environment: string | null; name: string }) {
  const found = await inOrganization(database.engine, org, (tx) => resolveSecret({ tx, keys }, { org, ...reference }));
  return found.value;
}
