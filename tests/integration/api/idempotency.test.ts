import { createClient } from "@gantry/sdk/client";
import { expect, test } from "vitest";
import { refusalOf, startTestApi } from "../../support/api.ts";

const look = { runbook: "test.look", environment: "dev" };

test("the same key with the same body gives the same answer and does the thing once, also at the same time", async () => {
  await using api = await startTestApi();
  const idempotencyKey = "one-run-please";
  const first = await api.client.runs.create(look, { idempotencyKey });
  const again = await api.client.runs.create(look, { idempotencyKey });
  expect(again).toEqual(first);
  const together = await Promise.allSettled(
    Array.from({ length: 8 }, () => api.client.runs.create(look, { idempotencyKey: "at-once" })),
  );
  const done = together.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : []));
  expect(new Set(done).size).toBe(1);
  const refused = together.flatMap((one) => (one.status === "rejected" ? [one.reason as { code: string }] : []));
  expect(refused.filter(({ code }) => code !== "idempotency_in_progress")).toEqual([]);
  expect((await api.client.runs.list()).items).toHaveLength(2);
});

test("fifty equal posts at once to two servers make one run, and fifty that differ under one key are one run and refusals", async () => {
  await using api = await startTestApi();
  await using second = await api.another();
  const clients = [api.client, createClient({ url: second.url, key: api.key, tries: 1 })] as const;
  const outcomes = async (
    idempotencyKey: string,
    bodyOf: (n: number) => typeof look & { parameters?: { at: string } },
  ) =>
    Promise.allSettled(
      Array.from({ length: 50 }, (_, n) => clients[n % 2 === 0 ? 0 : 1].runs.create(bodyOf(n), { idempotencyKey })),
    );
  const idsOf = (all: Awaited<ReturnType<typeof outcomes>>) =>
    new Set(all.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : [])));
  const codesOf = (all: Awaited<ReturnType<typeof outcomes>>) =>
    new Set(all.flatMap((one) => (one.status === "rejected" ? [(one.reason as { code: string }).code] : [])));

  const equal = await outcomes("equal", () => look);
  expect(idsOf(equal).size).toBe(1);
  expect([...codesOf(equal)].filter((code) => code !== "idempotency_in_progress")).toEqual([]);
  const [id] = idsOf(equal);
  for (const client of clients) expect((await client.runs.create(look, { idempotencyKey: "equal" })).id).toBe(id);

  const different = await outcomes("different", (n) => ({ ...look, parameters: { at: `place ${n}` } }));
  expect(idsOf(different).size).toBe(1);
  expect(different.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect([...codesOf(different)]).toEqual(["idempotency_key_reused"]);
  expect((await api.client.runs.list()).items).toHaveLength(2);
});

test("another body under a used key is refused, and another actor's key is another key", async () => {
  await using api = await startTestApi();
  const other = await api.addPerson("somebody else");
  const idempotencyKey = "k";
  const mine = await api.client.runs.create(look, { idempotencyKey });
  const changed = api.client.runs.create({ ...look, priority: 1 }, { idempotencyKey });
  expect(await refusalOf(changed)).toEqual([422, "idempotency_key_reused"]);
  expect((await other.client.runs.create(look, { idempotencyKey })).id).not.toBe(mine.id);
});

test("a request that failed can be tried again under its key", async () => {
  await using api = await startTestApi();
  const idempotencyKey = "k";
  const missing = { ...look, environment: "later" };
  expect(await refusalOf(api.client.runs.create(missing, { idempotencyKey }))).toEqual([422, "environment_unknown"]);
  await api.client.environments.create({ name: "later" });
  expect((await api.client.runs.create(missing, { idempotencyKey })).environment).toBe("later");
});

test("a server that died between doing and answering is found out by the repeat, which creates nothing twice", async () => {
  await using api = await startTestApi();
  const idempotencyKey = "k";
  const first = await api.client.runs.create(look, { idempotencyKey });
  const lost = (age: string) =>
    api.engine.admin.query(
      `UPDATE idempotency_keys SET status = NULL, response = NULL, created_at = created_at - $1::interval`,
      [age],
    );
  await lost("0 s");
  expect(await refusalOf(api.client.runs.create(look, { idempotencyKey }))).toEqual([409, "idempotency_in_progress"]);
  await api.engine.admin.query("DELETE FROM idempotency_keys");
  // The id follows from the key and from when it was first used, so what was done is found.
  const { rows } = await api.engine.admin.query<{ n: number }>("SELECT count(*)::int AS n FROM runs");
  expect(rows[0]?.n).toBe(1);
  expect(first.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a key whose server was killed is free again within seconds, and the work is done again under the same id", async () => {
  await using api = await startTestApi();
  const idempotencyKey = "k";
  const { rows } = await api.engine.admin.query<{ actor: string }>(
    "SELECT id AS actor FROM actors WHERE name = 'administrator'",
  );
  await api.client.runs.create(look, { idempotencyKey: "to-see-the-hash" });
  await api.engine.admin.query(
    `INSERT INTO idempotency_keys (org, actor, key, request_hash, held_at)
     SELECT org, actor, $1, request_hash, now() - interval '6 seconds' FROM idempotency_keys WHERE actor = $2`,
    [idempotencyKey, rows[0]?.actor],
  );
  const first = await api.client.runs.create(look, { idempotencyKey });
  await api.engine.admin.query(
    "UPDATE idempotency_keys SET status = NULL, response = NULL, held_at = now() - interval '6 seconds' WHERE key = $1",
    [idempotencyKey],
  );
  expect((await api.client.runs.create(look, { idempotencyKey })).id).toBe(first.id);
  expect((await api.client.runs.list()).items).toHaveLength(2);
});

test("the key of an API key's creation gives the key again, and the database holds it nowhere in the clear", async () => {
  await using api = await startTestApi();
  const idempotencyKey = "k";
  const first = await api.client.apiKeys.create({ scopes: ["read"] }, { idempotencyKey });
  expect((await api.client.apiKeys.create({ scopes: ["read"] }, { idempotencyKey })).key).toBe(first.key);
  const { rows } = await api.engine.admin.query<{ response: object }>("SELECT response FROM idempotency_keys");
  expect(JSON.stringify(rows)).not.toContain(first.key.split("_")[2]);
});

test("a key that can't be one is refused", async () => {
  await using api = await startTestApi();
  expect(await refusalOf(api.client.runs.create(look, { idempotencyKey: "x".repeat(201) }))).toEqual([
    400,
    "idempotency_key_invalid",
  ]);
});
