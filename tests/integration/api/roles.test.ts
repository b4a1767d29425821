import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type ApiError } from "@gantry/sdk/client";
import { newId } from "../../support/engine.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";

let api: TestApi;
beforeAll(async () => void (api = await startTestApi()));
afterAll(() => api[Symbol.asyncDispose]());

test("a credential's scope is not enough: its actor must hold a role that may", async () => {
  const { client } = await api.addPerson("looks only", { roles: ["viewer"] });
  await expect(client.runs.list()).resolves.toMatchObject({ items: [] });
  const refused = await client.freezes.create({ reason: "mine", times: oneHour() }).then(
    () => null,
    (error: unknown) => error as ApiError,
  );
  expect(refused).toMatchObject({ status: 403, code: "forbidden" });
  expect(refused?.problem.details).toMatchObject({ action: "freezes.create", policies: ["default-deny"] });
  expect(refused?.message).toContain("freezes.create takes one of: admin, owner");
});

test("a role in one project holds there, and shows nothing of the others", async () => {
  const shop = await addProject("shop");
  await addProject("bank");
  const runs = {
    shop: await api.client.runs.create(look("shop")),
    bank: await api.client.runs.create(look("bank")),
  };
  const { client } = await api.addPerson("of the shop", { roles: [{ role: "operator", project: shop }] });

  expect((await client.runs.list()).items.map(({ id }) => id)).toEqual([runs.shop.id]);
  expect((await client.environments.list()).items.map(({ project }) => project)).toEqual(["shop", "shop"]);
  await expect(client.runs.get(runs.shop.id)).resolves.toMatchObject({ id: runs.shop.id });
  expect(await refusalOf(client.runs.get(runs.bank.id))).toEqual([404, "not_found"]);
  expect(await refusalOf(client.runs.cancel(runs.bank.id, {}))).toEqual([404, "not_found"]);
  expect(await refusalOf(client.runs.create(look("bank")))).toEqual([403, "forbidden"]);
  await expect(client.runs.create(look("shop"))).resolves.toMatchObject({ environment: "dev" });
  // As strangers do who ask for what isn't there.
  expect(await refusalOf(client.runs.get(newId()))).toEqual([404, "not_found"]);
});

test("a role in one environment ends at the next", async () => {
  const project = await addProject("staged");
  const run = await api.client.runs.create(look("staged"));
  const { client } = await api.addPerson("of staging", {
    roles: [{ role: "operator", project, environment: "staging" }],
  });
  expect((await client.runs.list()).items).toEqual([]);
  expect(await refusalOf(client.runs.get(run.id))).toEqual([404, "not_found"]);
  expect(await refusalOf(client.runs.create(look("staged")))).toEqual([403, "forbidden"]);
});

test("a revoked role is refused by the very next request, on another process as well", async () => {
  await using other = await api.another();
  const person = await api.addPerson("for now", { roles: ["admin"] });
  const there = createClient({ url: other.url, key: person.key, tries: 1 });
  const freeze = () => ({ reason: "for now", times: oneHour() });
  await person.client.freezes.create(freeze());
  await there.freezes.create(freeze());
  await api.engine.admin.query("DELETE FROM role_bindings WHERE actor = $1", [person.actor]);
  expect(await refusalOf(there.freezes.create(freeze()))).toEqual([403, "forbidden"]);
  expect(await refusalOf(person.client.freezes.create(freeze()))).toEqual([403, "forbidden"]);
});

test("who keeps an organization's secrets makes a new key of it, and none for the whole installation", async () => {
  const { client } = await api.addPerson("keeper of secrets", { scopes: ["read", "secrets"] });
  expect(await refusalOf(client.encryption.rotate({ key: "key-encryption" }))).toEqual([403, "scope_missing"]);
  const before = (await client.encryption.status()).keys.length;
  expect((await client.encryption.rotate({ key: "organization" })).keys).toHaveLength(before + 1);
  await api.client.encryption.rotate({ key: "key-encryption" });
});

test("only an owner makes owners", async () => {
  const { client } = await api.addPerson("administers", { roles: ["admin"] });
  const create = (name: string, roles: ("viewer" | "owner")[]) => client.actors.create({ name, roles });
  await expect(create("a viewer", ["viewer"])).resolves.toMatchObject({ name: "a viewer" });
  expect(await refusalOf(create("an owner", ["owner"]))).toEqual([403, "role_beyond_own"]);
});

function look(project: string) {
  return { runbook: "test.look", parameters: {}, project, environment: "dev" };
}

function oneHour() {
  return { kind: "once" as const, from: "2030-01-01T00:00:00.000Z", until: "2030-01-01T01:00:00.000Z" };
}

async function addProject(name: string): Promise<string> {
  const id = newId();
  await api.engine.admin.query("INSERT INTO projects (id, org, name) VALUES ($1, $2, $3)", [id, api.org, name]);
  await api.engine.admin.query(
    "INSERT INTO environments (org, project, name, protection) VALUES ($1, $2, 'dev', 'open'), ($1, $2, 'staging', 'guarded')",
    [api.org, id],
  );
  return id;
}
