import { allItems } from "@gantry/sdk/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enforceSeals } from "../../../platform/src/audit/index.ts";
import { createSigner } from "../../../platform/src/signing/index.ts";
import { quiet } from "../../support/engine.ts";
import { eventually } from "../../support/installation.ts";
import { writeAudit } from "../../../platform/src/store/records/audit-records.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";

let t: TestApi;
beforeAll(async () => {
  t = await startTestApi();
});
afterAll(() => t[Symbol.asyncDispose]());

interface Row {
  org: string | null;
  actor: { id: string; name: string };
  action: string;
  target: Record<string, unknown>;
  reason: string | null;
  result: string;
  details: Record<string, unknown> | null;
  source: Record<string, unknown> | null;
  request_id: string | null;
}

async function recordsOf(action: string): Promise<Row[]> {
  const { rows } = await t.engine.admin.query<Row>("SELECT * FROM audit_records WHERE action = $1 ORDER BY xid, id", [
    action,
  ]);
  return rows;
}

test("a call that changes something leaves one record: who, what, on what, why and from where", async () => {
  const response = await t.request("/api/v1/kill-switch", {
    method: "PUT",
    headers: { "content-type": "application/json", "user-agent": "a test", "x-request-id": "request-0001" },
    body: JSON.stringify({ reason: "Somebody said \u0000 'stop'\\", scope: "organization" }),
  });
  expect(response.status).toBe(422);
  await t.request("/api/v1/kill-switch", {
    method: "PUT",
    headers: { "content-type": "application/json", "user-agent": "a test", "x-request-id": "request-0001" },
    body: JSON.stringify({ reason: "Somebody said 'stop'\\; DROP TABLE runs", scope: "organization" }),
  });
  await t.client.killSwitch.lift();
  const [set, ...others] = await recordsOf("killSwitch.set");
  expect(others).toEqual([]);
  expect(set).toMatchObject({
    org: t.org,
    actor: { kind: "user", name: "administrator" },
    target: {},
    reason: "Somebody said 'stop'\\; DROP TABLE runs",
    result: "allowed",
    details: { fields: ["scope"] },
    source: { address: "127.0.0.1", userAgent: "a test", credential: { kind: "key", id: expect.any(String) } },
    request_id: "request-0001",
  });
  expect(await recordsOf("killSwitch.lift")).toHaveLength(1);
});

test("a repeat under the same idempotency key, a call that changes nothing and a look leave none", async () => {
  const create = () =>
    t.request("/api/v1/actors", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "once" },
      body: JSON.stringify({ name: "created once" }),
    });
  const created = (await (await create()).json()) as { id: string };
  expect(await (await create()).json()).toEqual(created);
  expect(await recordsOf("actors.create")).toMatchObject([
    { target: { created: created.id }, details: { fields: ["groups", "kind", "name"] } },
  ]);
  expect(await refusalOf(t.client.actors.create({ name: "created once" }))).toEqual([409, "name_taken"]);
  await t.client.actors.list();
  expect(await recordsOf("actors.create")).toHaveLength(1);
  expect(await recordsOf("actors.list")).toEqual([]);
});

test("who is refused is recorded with the reason; who knocks with a bad key is told by its beginning, and not for ever", async () => {
  const reader = await t.addPerson("reader", { scopes: ["read"] });
  expect(await refusalOf(reader.client.killSwitch.set({ reason: "no" }))).toEqual([403, "scope_missing"]);
  expect(await recordsOf("killSwitch.set")).toContainEqual(
    expect.objectContaining({
      result: "denied",
      actor: expect.objectContaining({ id: reader.actor }),
      details: expect.objectContaining({ code: "scope_missing" }),
    }),
  );
  const key = `gantry_01234567_${"0".repeat(64)}`;
  for (let n = 0; n < 15; n++) expect((await t.request("/api/v1/me", { key })).status).toBe(401);
  const refused = await recordsOf("signIn.key");
  expect(refused).toHaveLength(10);
  expect(refused[0]).toMatchObject({
    org: null,
    actor: { kind: "unknown" },
    target: { action: "me.get" },
    result: "denied",
    source: { address: "127.0.0.1", credential: { kind: "key", prefix: "gantry_01234567" } },
  });
  expect(JSON.stringify(await t.engine.admin.query("SELECT * FROM audit_records"))).not.toContain("0".repeat(20));
  await t.request("/api/v1/me", { key: "no key at all" });
  expect(await recordsOf("signIn.key")).toHaveLength(10);
});

test("what can't be recorded isn't done", async () => {
  await t.engine.admin.query("REVOKE INSERT ON audit_records FROM gantry_api");
  try {
    expect(await refusalOf(t.client.actors.create({ name: "unrecorded" }))).toEqual([503, "audit_unavailable"]);
  } finally {
    await t.engine.admin.query("GRANT INSERT ON audit_records TO gantry_api");
  }
  expect((await t.client.actors.list()).items.map(({ name }) => name)).not.toContain("unrecorded");
});

test("records and events of runs are found together, page by page, exported, and verified", async () => {
  const { client } = t;
  const { id: run } = await client.runs.create({ runbook: "test.look", parameters: {}, environment: "dev" });
  const ofRun = (await client.audit.list({ run })).items;
  expect(ofRun.map(({ kind, action }) => [kind, action])).toEqual([
    ["record", "runs.create"],
    ["event", "run.created"],
  ]);
  const all: string[] = [];
  for await (const { id } of allItems((cursor) => client.audit.list({ limit: 2, cursor }))) all.push(id);
  expect(new Set(all).size).toBe(all.length);
  expect(all).toEqual((await client.audit.list({ limit: 200 })).items.map(({ id }) => id));
  const [denied] = (await client.audit.list({ result: "denied", action: "killSwitch." })).items;
  expect(denied).toMatchObject({ action: "killSwitch.set", actor: { name: "reader" } });
  expect((await client.audit.list({ id: denied?.id ?? "" })).items).toEqual([denied]);
  expect((await client.audit.list({ from: "2100-01-01T00:00:00Z" })).items).toEqual([]);
  expect((await client.audit.list({ actor: "reader", to: "2100-01-01T00:00:00Z" })).items).toEqual([denied]);
  expect((await client.audit.list({ scope: "installation" })).items[0]).toMatchObject({ action: "signIn.key" });
  const other = await t.addTenant("other");
  expect((await other.client.audit.list()).items).toEqual([]);
  expect(await refusalOf(other.client.audit.list({ scope: "installation" }))).toEqual([403, "scope_missing"]);

  const lines = (await new Response(await client.audit.export({ format: "csv", action: "killSwitch." })).text()).split(
    "\r\n",
  );
  expect(lines[0]).toContain('"action"');
  expect(lines).toHaveLength(1 + 3 + 1);
  expect((await client.audit.list({ action: "audit.export" })).items).toHaveLength(1);

  expect(await client.audit.head()).toEqual({ head: null, sealedAt: null });
  const signer = createSigner({ pool: t.engine.db, keyring: t.keyring, now: Date.now });
  await eventually(
    async () => ((await enforceSeals({ pool: t.engine.db, signer, now: Date.now, log: quiet })) ?? 0) > 0,
  );
  const { head } = await client.audit.head();
  expect(await client.audit.verify()).toMatchObject({ intact: true, problems: [], head });
  expect(await client.audit.verify({ head: `${head?.n ?? 0}:${"0".repeat(64)}` })).toMatchObject({
    intact: false,
    problems: [{ kind: "forked" }],
  });
});

test("texts that Postgres couldn't take out of a record again are made readable when it is written", async () => {
  const actor = { kind: "unknown" as const, id: "", name: "no\u0000body \ud800" };
  await writeAudit(t.engine.db, {
    id: crypto.randomUUID(),
    org: null,
    actor,
    action: "test.texts",
    target: { of: "\0" },
  });
  const { rows } = await t.engine.admin.query(
    "SELECT actor ->> 'name' AS name, target ->> 'of' AS of FROM audit_records WHERE action = 'test.texts'",
  );
  expect(rows).toEqual([{ name: "no\u2400body \ufffd", of: "\u2400" }]);
});
