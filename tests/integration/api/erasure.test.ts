import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "@gantry/sdk/client";
import { eraseOrganizations } from "../../../platform/src/erasure/index.ts";
import { createSigner } from "../../../platform/src/signing/index.ts";
import { newId } from "../../support/engine.ts";
import { silentLog } from "../../support/log.ts";
import { plantRows, tenantColumns } from "../../support/rows.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});

afterAll(() => api[Symbol.asyncDispose]());

const signer = () => createSigner({ pool: api.engine.db, keyring: api.keyring, now: Date.now });
const erase = () =>
  eraseOrganizations({
    pool: api.engine.db,
    blobs: api.blobs,
    signer: signer(),
    now: Date.now,
    newId,
    log: silentLog,
  });

async function create(name: string) {
  const made = await api.client.organizations.create({ name });
  return { ...made, client: createClient({ url: api.url, key: made.key, tries: 1 }) };
}

/** Rows of an organization that are left, by table. */
async function rowsOf(org: string): Promise<Record<string, number>> {
  const left: Record<string, number> = {};
  for (const table of (await tenantColumns(api.engine.admin)).keys()) {
    const { rowCount } = await api.engine.admin.query(`SELECT FROM ${table} WHERE org = $1`, [org]);
    if (rowCount !== 0) left[table] = rowCount ?? 0;
  }
  return left;
}

test("an owner deletes an organization by its name: its keys end, and no row of it is left in any table that has one", async () => {
  const { id, client } = await create("Going away");
  const tables = await tenantColumns(api.engine.admin);
  expect(tables.size).toBeGreaterThan(40);
  await api.blobs.put(id, Buffer.from("ours alone"), { purpose: "artifact" });
  const superuser = await api.engine.admin.connect();
  try {
    // As a table of a later release would be that nobody thought of here.
    const planted = new Map([...tables].filter(([table]) => !["public.organizations", "public.runs"].includes(table)));
    await plantRows(superuser, planted, id);
  } finally {
    superuser.release();
  }
  const before = await rowsOf(id);
  expect(Object.keys(before)).toHaveLength(tables.size - 1);
  const others = await rowsOf(api.org);

  const colleague = await api.addPerson("colleague", { org: id });
  expect(await refusalOf(colleague.client.organizations.remove(id, { confirm: "Going away" }))).toEqual([
    403,
    "owners_only",
  ]);
  expect(await refusalOf(client.organizations.remove(id, { confirm: "going away" }))).toEqual([
    422,
    "name_not_confirmed",
  ]);
  expect(await refusalOf(client.organizations.remove(api.org, { confirm: "default" }))).toEqual([404, "not_found"]);
  const { organization, receipt } = await client.organizations.remove(id, { confirm: "Going away" });
  expect(organization).toMatchObject({ name: "Going away", state: "deleting" });
  expect(await refusalOf(client.me.get())).toEqual([401, "unauthorized"]);
  expect(await refusalOf(colleague.client.me.get())).toEqual([401, "unauthorized"]);
  expect(await client.erasures.get(receipt)).toMatchObject({ state: "deleting", document: null });

  // What was planted hangs on nothing: the blob of it lies nowhere.
  expect(await erase()).toBe(1);
  expect(await rowsOf(id)).toEqual({});
  expect(await rowsOf(api.org)).toEqual(others);
  const view = await client.erasures.get(receipt);
  expect(view).toMatchObject({ state: "erased", organization: { id, name: "Going away" }, blobs: 2 });
  // Content goes through the blob store, and the organization's own row last; everything else was counted.
  const apart = ["public.blobs", "public.blob_chunks", "public.organizations"];
  const counted = Object.keys(before).filter((table) => !apart.includes(table));
  expect(Object.keys(view.tables)).toEqual(expect.arrayContaining(counted));
  expect(view.tables["public.secrets"]).toBe(before["public.secrets"]);
  const { kid = "", signature = "" } = view.signature ?? {};
  expect(await signer().verify(kid, Buffer.from(view.document ?? ""), signature)).toBe(true);
  expect(await signer().verify(kid, Buffer.from(`${view.document ?? ""} `), signature)).toBe(false);
  expect(JSON.parse(view.document ?? "")).toMatchObject({ organization: { id }, tables: view.tables, blobs: 2 });
  expect((await api.client.erasures.list()).items.map((one) => one.organization.id)).toEqual([id]);
  expect(await refusalOf(client.erasures.get("A".repeat(32)))).toEqual([404, "not_found"]);
  expect(await erase()).toBe(0);
});

test("runs that haven't ended keep an organization, or are canceled first; who comes meanwhile finds nothing", async () => {
  const { id, client } = await create("Busy");
  const run = await client.runs.create({ runbook: "test.change", environment: "staging", parameters: { to: "blue" } });
  await client.environments.edit("default", "dev", { pool: "nowhere" });
  const waiting = await client.runs.create({ runbook: "test.look", environment: "dev", parameters: {} });
  expect(await refusalOf(client.organizations.remove(id, { confirm: "Busy" }))).toEqual([409, "place_in_use"]);
  const { receipt } = await client.organizations.remove(id, { confirm: "Busy", cancel: "true" });
  expect(await erase()).toBe(0);
  expect(await client.erasures.get(receipt)).toMatchObject({ state: "deleting" });
  const { rows } = await api.engine.admin.query<{ run_id: string }>(
    "SELECT run_id FROM inbox WHERE org = $1 AND kind = 'cancel' ORDER BY run_id",
    [id],
  );
  expect(rows.map(({ run_id }) => run_id)).toEqual([run.id, waiting.id].toSorted());
  await erase();

  // The worker ends the first; the second kills its workers, so nobody takes it any more.
  await api.engine.admin.query("UPDATE runs SET poisoned = true WHERE id = $1", [waiting.id]);
  await api.engine.startWorker();
  await expect.poll(() => erase()).toBe(1);
  const view = await client.erasures.get(receipt);
  expect(JSON.parse(view.document ?? "")).toMatchObject({ unsettledRuns: [waiting.id] });
  expect(await rowsOf(id)).toEqual({});
});

test("the only organization stays", async () => {
  await api.engine.admin.query("UPDATE organizations SET state = 'deleting' WHERE org <> $1", [api.org]);
  expect(await refusalOf(api.client.organizations.remove(api.org, { confirm: "default" }))).toEqual([
    409,
    "last_organization",
  ]);
});
