import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import type { CreateTrigger, HookAnswer, TriggerView, WebhookSource } from "@gantry/sdk/api";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});

afterAll(() => api[Symbol.asyncDispose]());

const whsec = (text: string): string => `whsec_${Buffer.from(text.padEnd(32, ".")).toString("base64")}`;

async function hookOf(
  name: string,
  secret: string,
  source: Partial<WebhookSource> = {},
  rest: Partial<CreateTrigger> = {},
): Promise<TriggerView> {
  await api.client.secrets.put(name, secret);
  return api.client.triggers.create({
    name,
    environment: "dev",
    runbook: "test.look",
    mapping: { at: "payload.place" },
    ...rest,
    source: { kind: "webhook", scheme: "standard", secret: name, perMinute: 100_000, ...source },
  });
}

interface Delivery {
  headers: Record<string, string>;
  body: string;
}

function standard(secret: string, payload: object, id: string = randomUUID(), at = new Date()): Delivery {
  const body = JSON.stringify(payload);
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
  return { headers, body };
}

const github = (secret: string, payload: object, id: string = randomUUID()): Delivery => {
  const body = JSON.stringify(payload);
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  return { headers: { "x-hub-signature-256": signature, "x-github-delivery": id, "x-github-event": "push" }, body };
};

async function send(hook: string | null, { headers, body }: Delivery): Promise<{ status: number; answer: HookAnswer }> {
  const response = await fetch(new URL(hook ?? "", api.url), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  return { status: response.status, answer: (await response.json()) as HookAnswer };
}

const outcomes = async (trigger: TriggerView) => {
  const { items } = await api.client.triggers.history(trigger.id, { limit: 200 });
  return Object.fromEntries(
    [...Map.groupBy(items, ({ outcome }) => outcome)].map(([outcome, rows]) => [
      outcome,
      rows.reduce((sum, { count }) => sum + count, 0),
    ]),
  );
};

const runsOf = async (trigger: TriggerView): Promise<number> => {
  const { rows } = await api.engine.admin.query("SELECT count(*)::int AS n FROM runs WHERE trigger_id = $1", [
    trigger.id,
  ]);
  return rows[0].n as number;
};

test("a signed delivery starts a run with what the mapping takes from it, and the same delivery again is the same occurrence", async () => {
  const secret = whsec("signed");
  const trigger = await hookOf("signed", secret, {}, { when: "payload.kind == 'deploy' && occurrence.event == null" });
  const delivery = standard(secret, { kind: "deploy", place: "the bridge" });
  const first = await send(trigger.hook, delivery);
  expect(first).toMatchObject({ status: 202, answer: { outcome: "fired" } });
  const again = await send(trigger.hook, delivery);
  expect(again).toMatchObject({ status: 202, answer: { occurrence: first.answer.occurrence, outcome: "duplicate" } });
  expect(await send(trigger.hook, standard(secret, { kind: "test", place: "x" }))).toMatchObject({
    status: 202,
    answer: { outcome: "filtered" },
  });
  const { items } = await api.client.triggers.history(trigger.id, { outcome: "fired" });
  expect(items).toMatchObject([{ id: first.answer.occurrence, digest: first.answer.digest }]);
  expect((await api.client.runs.plan(items[0]?.run ?? "")).parameters).toEqual({ at: "the bridge" });
  expect(await runsOf(trigger)).toBe(1);
});

test("a payload can't put a reference to a secret into a plan, and what doesn't fit starts nothing", async () => {
  const secret = whsec("hostile");
  const trigger = await hookOf("hostile", secret);
  for (const payload of [{ place: { $secret: "hostile" } }, { place: 5 }, { other: true }]) {
    expect((await send(trigger.hook, standard(secret, payload))).answer.outcome).toBe("invalid");
  }
  const { items } = await api.client.triggers.history(trigger.id);
  expect(items.map(({ reason }) => reason).join()).toContain("$secret, which would be a reference");
  expect(await runsOf(trigger)).toBe(0);
  expect((await send(trigger.hook, { ...standard(secret, {}), body: "{" })).status).toBe(401);
});

test("a wrong signature, an old one, none, and a trigger that isn't there are refused in the same words", async () => {
  const secret = whsec("words");
  const trigger = await hookOf("words", secret);
  const good = standard(secret, { place: "here" });
  const old = standard(secret, { place: "here" }, randomUUID(), new Date(Date.now() - 6 * 60_000));
  const { "webhook-signature": _none, ...unsigned } = good.headers;
  const seen = new Set<string>();
  for (const [hook, delivery] of [
    [trigger.hook, standard(whsec("other"), { place: "here" })],
    [trigger.hook, { ...good, body: JSON.stringify({ place: "there" }) }],
    [trigger.hook, old],
    [trigger.hook, { ...good, headers: unsigned }],
    [`/hooks/${newId()}`, good],
    ["/hooks/nonsense", good],
  ] as const) {
    const { status, answer } = await send(hook, delivery);
    expect(status).toBe(401);
    const { requestId: _id, instance: _path, ...rest } = answer as unknown as Record<string, string>;
    seen.add(JSON.stringify(rest));
  }
  expect([...seen]).toHaveLength(1);
  await api.engine.until(async () => (await outcomes(trigger))["bad_signature"] === 2);
  expect(await outcomes(trigger)).toEqual({ bad_signature: 2, replayed: 1 });
});

test("a delivery without a signature is refused before its body is read", async () => {
  const socket = connect({ port: Number(new URL(api.url).port), host: "127.0.0.1" });
  socket.write(`POST /hooks/${newId()} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100000\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 401 /);
  socket.destroy();
});

test("GitHub's, GitLab's and Alertmanager's deliveries are known by their own headers, and a new id doesn't renew a body", async () => {
  const forge = await hookOf("forge", "hub-secret", { scheme: "github" }, { when: "occurrence.event == 'push'" });
  const push = github("hub-secret", { place: "main" });
  expect((await send(forge.hook, push)).answer.outcome).toBe("fired");
  expect((await send(forge.hook, push)).answer.outcome).toBe("duplicate");
  const renamed = { ...push, headers: { ...push.headers, "x-github-delivery": randomUUID() } };
  expect((await send(forge.hook, renamed)).answer.outcome).toBe("replayed");
  expect((await send(forge.hook, github("wrong", { place: "main" }))).status).toBe(401);

  const lab = await hookOf("lab", whsec("lab"), { scheme: "gitlab" }, { when: "occurrence.event == 'Push Hook'" });
  const body = JSON.stringify({ place: "main" });
  const event = { "x-gitlab-event": "Push Hook" };
  const token = { headers: { ...event, "x-gitlab-token": whsec("lab"), "idempotency-key": "1" }, body };
  expect((await send(lab.hook, token)).answer.outcome).toBe("fired");
  const signed = standard(whsec("lab"), { place: "next" });
  expect((await send(lab.hook, { ...signed, headers: { ...signed.headers, ...event } })).answer.outcome).toBe("fired");
  expect((await send(lab.hook, { headers: { ...event, "x-gitlab-token": "guess" }, body })).status).toBe(401);

  const alert = await hookOf("alert", "pager", { scheme: "alertmanager" }, { when: "payload.status == 'firing'" });
  const firing = {
    headers: { authorization: "Bearer pager" },
    body: JSON.stringify({ status: "firing", place: "db" }),
  };
  expect((await send(alert.hook, firing)).answer.outcome).toBe("fired");
  expect((await send(alert.hook, firing)).answer.outcome).toBe("duplicate");
  expect((await send(alert.hook, { ...firing, headers: { authorization: "Bearer pages" } })).status).toBe(401);
});

test("after a secret is rotated both versions are good for a while, and the version before those never", async () => {
  const [first, second, third] = [whsec("one"), whsec("two"), whsec("three")];
  const trigger = await hookOf("rotated", first);
  await api.client.secrets.put("rotated", second);
  expect((await send(trigger.hook, standard(first, { place: "a" }))).status).toBe(202);
  expect((await send(trigger.hook, standard(second, { place: "b" }))).status).toBe(202);
  await api.client.secrets.put("rotated", third);
  expect((await send(trigger.hook, standard(first, { place: "c" }))).status).toBe(401);
  await api.engine.admin.query("UPDATE secrets SET updated_at = updated_at - interval '2 days'");
  expect((await send(trigger.hook, standard(second, { place: "d" }))).status).toBe(401);
  expect((await send(trigger.hook, standard(third, { place: "e" }))).status).toBe(202);
});

test("deliveries past the trigger's rate are refused with when to try again, and not lost", async () => {
  const secret = whsec("flood");
  const trigger = await hookOf("flood", secret, { perMinute: 2 });
  const deliveries = ["a", "b", "c"].map((place) => standard(secret, { place }));
  const statuses: number[] = [];
  for (const delivery of deliveries) statuses.push((await send(trigger.hook, delivery)).status);
  expect(statuses).toEqual([202, 202, 429]);
  await api.engine.admin.query("UPDATE trigger_occurrences SET created_at = created_at - interval '1 hour'");
  expect((await send(trigger.hook, deliveries[2] as Delivery)).answer.outcome).toBe("fired");
});

test("while the organization may start no more runs a delivery is refused, so that the sender tries it again", async () => {
  await using full = await startTestApi({ config: { queueLimit: 1 } });
  await full.client.runs.create({ runbook: "test.look", environment: "dev" });
  await full.client.secrets.put("full", whsec("full"));
  const source = { kind: "webhook" as const, scheme: "standard" as const, secret: "full" };
  const { hook } = await full.client.triggers.create({
    name: "full",
    environment: "dev",
    runbook: "test.look",
    source,
  });
  const { headers, body } = standard(whsec("full"), {});
  const post = () => fetch(new URL(hook ?? "", full.url), { method: "POST", headers, body });
  expect((await post()).status).toBe(429);
  await full.engine.admin.query("DELETE FROM wakeups");
  expect((await post()).status).toBe(202);
});

test("whom the trigger acts for must still be allowed to run things when it fires", async () => {
  const leaver = await api.addPerson("leaver");
  await api.client.secrets.put("leaver", whsec("leaver"));
  const trigger = await leaver.client.triggers.create({
    name: "leaver",
    environment: "dev",
    runbook: "test.look",
    source: { kind: "webhook", scheme: "standard", secret: "leaver" },
  });
  const fire = async () => (await send(trigger.hook, standard(whsec("leaver"), {}))).answer.outcome;
  const sql = (text: string) => api.engine.admin.query(text, [leaver.actor]);
  // It acts for a person, not with a key of theirs.
  await sql("UPDATE api_keys SET revoked_at = now() WHERE actor = $1");
  expect(await fire()).toBe("fired");
  await sql("DELETE FROM role_bindings WHERE actor = $1 AND role IN ('operator', 'admin')");
  expect(await fire()).toBe("right_lost");
  const [latest] = (await api.client.triggers.history(trigger.id)).items;
  expect(latest?.reason).toMatch(
    /leaver, for whom it acts, may not start runs here any more\. .*runs\.create takes one of/,
  );
  await sql("UPDATE role_bindings SET role = 'operator' WHERE actor = $1 AND role = 'viewer'");
  expect(await fire()).toBe("fired");
  // What was taken in an emergency starts nothing by itself.
  await sql("UPDATE role_bindings SET role = 'viewer' WHERE actor = $1 AND role = 'operator'");
  await api.engine.admin.query(
    `INSERT INTO break_glass (org, id, actor, role, project, reason, expires_at)
     VALUES ($1, gen_random_uuid(), $2, 'operator', $3, 'fire', now() + interval '1 hour')`,
    [api.org, leaver.actor, api.project],
  );
  expect(await fire()).toBe("right_lost");
  await sql("UPDATE role_bindings SET role = 'operator' WHERE actor = $1 AND role = 'viewer'");
  await sql("UPDATE actors SET disabled_at = now() WHERE id = $1");
  expect(await fire()).toBe("right_lost");
  expect(await runsOf(trigger)).toBe(2);
});

test("a storm of 1,000 signed, 1,000 forged and 1,000 replayed deliveries starts exactly 1,000 runs", async () => {
  const secret = whsec("storm");
  const trigger = await hookOf("storm", secret);
  const signed = Array.from({ length: 1_000 }, (_, n) => standard(secret, { place: `place ${n}` }));
  const forged = signed.map(({ headers, body }, n) => ({
    headers: { ...headers, "webhook-id": `forged-${n}` },
    body,
  }));
  // Each of the signed ones twice, side by side or one long after the other, with forgeries all between.
  const storm = [...signed, ...forged, ...signed.toReversed()].map((delivery, n) => ({
    delivery,
    at: (n * 1_103) % 3_000,
  }));
  const line = storm.toSorted((a, b) => a.at - b.at).map(({ delivery }) => delivery);
  const statuses = new Map<number, number>();
  const sender = async (): Promise<void> => {
    for (let next = line.pop(); next !== undefined; next = line.pop()) {
      const { status } = await send(trigger.hook, next);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 24 }, sender));
  expect(Object.fromEntries(statuses)).toEqual({ 202: 2_000, 401: 1_000 });
  expect(await runsOf(trigger)).toBe(1_000);
  await api.engine.until(async () => {
    const { rows } = await api.engine.admin.query(
      "SELECT outcome, sum(count)::int AS n FROM trigger_occurrences WHERE trigger_id = $1 GROUP BY outcome ORDER BY 1",
      [trigger.id],
    );
    return rows.length === 3 && rows.every(({ n }) => n === 1_000);
  });
});
