import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeliveryView, SubscriptionKind } from "@gantry/sdk/api";
import { createAddressGuard } from "../../../platform/src/outgoing/index.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { startTestNotifications } from "../../support/notifications.ts";
import { startReceiver, type ReceivedRequest } from "../../support/webhook-receiver.ts";

let api: TestApi;
let notifications: AsyncDisposable;
const makeSecret = () => `whsec_${randomBytes(32).toString("base64")}`;
const signing = makeSecret();

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  notifications = startTestNotifications(api, { timeoutMs: 1_000 });
  await api.client.secrets.put("hook", signing);
});

afterAll(async () => {
  await notifications[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const hook = (url: string, secret = "hook") => ({ channel: "webhook" as const, url, secret: { $secret: secret } });
const subscribe = (name: string, url: string, ...kinds: SubscriptionKind[]) =>
  api.client.subscriptions.create({ name, destination: hook(url), kinds });
const look = (environment = "dev") => api.client.runs.create({ runbook: "test.look", environment });
const change = (goal: string) =>
  api.client.runs.create({ runbook: "test.change", parameters: { to: "blue" }, environment: "staging", goal });
const idOf = ({ headers }: ReceivedRequest) => headers["webhook-id"];
const dataOf = ({ body }: ReceivedRequest) =>
  (JSON.parse(body) as { data: { kind: string; run: { id: string } | null; event: { seq: number } | null } }).data;

async function deliveries(subscription: string, check: (all: DeliveryView[]) => boolean): Promise<DeliveryView[]> {
  return api.engine.until(async () => {
    const { items } = await api.client.deliveries.list({ subscription, limit: 200 });
    return check(items) && items;
  });
}

test("an approval that is needed reaches a webhook as a signed CloudEvent that says what, where, who and what to do", async () => {
  await using receiver = await startReceiver();
  await api.client.secrets.put("planted", "planted-canary-value");
  await api.client.subscriptions.create({ name: "events", destination: hook(`${receiver.url}/in`) });
  const run = await change("Turn it blue with planted-canary-value");
  const [request] = await receiver.received(1);

  const event = new Webhook(signing).verify(request!.body, request!.headers) as Record<string, unknown>;
  expect(request).toMatchObject({
    path: "/in",
    headers: { "content-type": "application/cloudevents+json; charset=utf-8", "webhook-id": event["id"] },
  });
  expect(event).toMatchObject({
    specversion: "1.0",
    source: expect.stringMatching(/^http:.*\/organizations\//),
    type: "gantry.approval.needed",
    subject: `runs/${run.id}`,
    time: expect.stringMatching(/Z$/),
    datacontenttype: "application/json",
    data: {
      sentence:
        "Approval needed: “Turn it blue with [redacted]” changes something in staging; administrator asked, 1 of approvers must approve.",
      run: { id: run.id, environment: "staging", requester: "administrator" },
      action: `gantry approve ${run.id}`,
      event: { type: "change_set.created" },
    },
  });
  expect(request!.body).not.toContain("planted-canary");
  await deliveries("events", ([one]) => one?.status === "sent");
  expect(await api.client.subscriptions.get("events")).toMatchObject({ pending: 0, dead: 0 });
  await api.client.subscriptions.delete("events");
});

test("of a role that somebody took in an emergency it says what to type, and the page where the same can be done", async () => {
  await using receiver = await startReceiver();
  await subscribe("glass", receiver.url, "break_glass.opened");
  const guard = await api.addPerson("on call", { roles: ["security"] });
  const reason = "Checkout is down and nobody answers";
  const { id } = await guard.client.breakGlass.open({ project: "default", environment: "staging", reason });
  const [request] = await receiver.received(1);
  expect(JSON.parse(request!.body)).toMatchObject({
    data: {
      action: `gantry break-glass end ${id}`,
      link: expect.stringMatching(/^http:.*\/settings\/break-glass$/) as string,
    },
  });
  await guard.client.breakGlass.end(id);
  await api.client.subscriptions.delete("glass");
});

test("after a new signing secret is stored, both sign; what is no secret signs nothing", async () => {
  await using receiver = await startReceiver();
  const [old, fresh] = [makeSecret(), makeSecret()];
  await api.client.secrets.put("rotating", old);
  await api.client.secrets.put("rotating", fresh);
  await api.client.secrets.put("word", "a word, and not a key");
  await api.client.subscriptions.create({ name: "rotation", destination: hook(receiver.url, "rotating") });
  await api.client.subscriptions.create({ name: "unsigned", destination: hook(receiver.url, "word") });
  await api.client.subscriptions.test("rotation");
  const [request] = await receiver.received(1);
  expect(request!.headers["webhook-signature"]!.split(" ")).toHaveLength(2);
  for (const secret of [old, fresh]) new Webhook(secret).verify(request!.body, request!.headers);
  expect(() => new Webhook(makeSecret()).verify(request!.body, request!.headers)).toThrow(
    "No matching signature found",
  );

  await api.client.subscriptions.test("unsigned");
  const [refused] = await deliveries("unsigned", ([one]) => one?.status === "failed");
  expect(refused?.answer?.detail).toContain("gantry secret set word");
  expect(refused?.answer?.detail).not.toContain("a word");
  expect(receiver.requests).toHaveLength(1);
  await api.client.subscriptions.delete("rotation");
  await api.client.subscriptions.delete("unsigned");
});

test("what fails is tried again under the same id, and a run's events arrive in their order", async () => {
  const failing = new Set([0, 1, 3]);
  let count = 0;
  await using receiver = await startReceiver((_request, response) => {
    void response.writeHead(failing.has(count++) ? 500 : 204).end();
  });
  await subscribe("ordered", receiver.url, "run.created", "run.started", "run.finished");
  await look();
  const sent = await deliveries("ordered", (all) => all.length === 3 && all.every(({ status }) => status === "sent"));
  expect(sent.map(({ attempts }) => attempts)).toEqual([1, 2, 3]);
  const ids = receiver.requests.map(idOf);
  expect(ids).toEqual([ids[0], ids[0], ids[0], ids[3], ids[3], ids[5]]);
  expect([...new Set(ids)]).toEqual(sent.map(({ id }) => id).toReversed());
  await api.client.subscriptions.delete("ordered");
});

test("destinations that hang, refuse and are gone don't hold up a good one; dead letters are replayed under their ids", async () => {
  let mended = false;
  let [open, most] = [0, 0];
  await using hanging = await startReceiver((_request, response) => {
    most = Math.max(most, (open += 1));
    response.once("close", () => (open -= 1));
  });
  await using broken = await startReceiver(
    (_request, response) => void response.writeHead(mended ? 204 : 500).end("no"),
  );
  await using gone = await startReceiver((_request, response) => void response.writeHead(410).end());
  await using good = await startReceiver();
  await subscribe("hanging", hanging.url, "run.created");
  await subscribe("broken", broken.url, "run.created");
  await subscribe("gone", gone.url, "run.created");
  await subscribe("good", good.url, "run.created");
  const runs = await Promise.all(Array.from({ length: 20 }, () => look()));
  const received = await good.received(20);
  expect(new Set(received.map((one) => dataOf(one).run?.id))).toEqual(new Set(runs.map(({ id }) => id)));
  expect((await deliveries("hanging", (all) => all.length === 20)).some(({ status }) => status === "pending")).toBe(
    true,
  );
  expect(most).toBeLessThanOrEqual(4);

  const dead = await deliveries("broken", (all) => all.length === 20 && all.every(({ status }) => status === "dead"));
  expect(dead[0]).toMatchObject({ attempts: 3, answer: { ok: false, status: 500, detail: "HTTP 500: no" } });
  mended = true;
  const ids = dead.map(({ id }) => id);
  expect(new Set((await api.client.deliveries.replay({ deliveries: ids })).replayed)).toEqual(new Set(ids));
  await deliveries("broken", (all) => all.every(({ status }) => status === "sent"));
  expect(new Set(broken.requests.slice(-20).map(idOf))).toEqual(new Set(ids));

  await deliveries("gone", (all) => all.some(({ status }) => status === "dead"));
  expect((await api.client.subscriptions.get("gone")).paused?.by).toContain("gone");
  for (const name of ["hanging", "broken", "gone", "good"]) await api.client.subscriptions.delete(name);
});

test("redirects aren't followed, and private addresses aren't reached unless the operator allows them", async () => {
  await using inside = await startReceiver();
  await using redirecting = await startReceiver(
    (_request, response) => void response.writeHead(302, { location: inside.url }).end(),
  );
  await subscribe("redirect", redirecting.url, "run.created");
  await api.client.subscriptions.test("redirect");
  const [redirected] = await deliveries("redirect", ([one]) => one?.status === "failed");
  expect(redirected?.answer).toMatchObject({
    status: 302,
    detail: expect.stringContaining("redirects aren't followed"),
  });

  await notifications[Symbol.asyncDispose]();
  notifications = startTestNotifications(api, { guard: createAddressGuard([]) });
  await subscribe("inside", inside.url, "run.created");
  await api.client.subscriptions.test("inside");
  const [refused] = await deliveries("inside", ([one]) => one?.status === "failed");
  expect(refused?.answer?.detail).toContain("GANTRY_OUTGOING_ALLOW");
  expect(inside.requests).toEqual([]);
  await notifications[Symbol.asyncDispose]();
  notifications = startTestNotifications(api, { timeoutMs: 1_000 });
  for (const name of ["redirect", "inside"]) await api.client.subscriptions.delete(name);
});

test("in quiet hours only what breaks through is sent, also when it comes behind something that waits", async () => {
  await notifications[Symbol.asyncDispose]();
  notifications = startTestNotifications(api, { now: () => Date.parse("2026-01-10T23:00:00Z") });
  await using receiver = await startReceiver();
  await api.client.subscriptions.create({
    name: "quiet",
    destination: hook(receiver.url),
    kinds: ["run.created", "approval.needed"],
    quietHours: { from: "22:00", to: "07:00", timeZone: "UTC", breakThrough: ["approval.needed"] },
  });
  await change("In the night");
  await receiver.received(1);
  const [loud, waiting] = await deliveries("quiet", (all) => all.some(({ status }) => status === "sent"));
  expect([loud?.kind, waiting?.kind, waiting?.status, waiting?.attempts]).toEqual([
    "approval.needed",
    "run.created",
    "pending",
    0,
  ]);
  expect(Date.parse(waiting!.dueAt) - Date.parse(waiting!.createdAt)).toBeGreaterThan(7 * 3_600_000);
  expect(receiver.requests).toHaveLength(1);
  await notifications[Symbol.asyncDispose]();
  notifications = startTestNotifications(api, { timeoutMs: 1_000 });
  await api.client.subscriptions.delete("quiet");
});

test("a subscription is of its place, waits while it is paused, and belongs to its organization alone", async () => {
  await using receiver = await startReceiver();
  const tenant = await api.addTenant("other");
  await tenant.client.secrets.put("hook", makeSecret());
  const kinds: SubscriptionKind[] = ["run.created"];
  await tenant.client.subscriptions.create({ name: "theirs", destination: hook(`${receiver.url}/theirs`), kinds });
  const destination = hook(`${receiver.url}/dev`);
  await api.client.subscriptions.create({
    name: "dev-only",
    project: "default",
    environment: "dev",
    destination,
    kinds,
  });
  await api.client.subscriptions.pause("dev-only");
  const run = await look("dev");
  await look("staging");
  await deliveries("dev-only", ([one]) => one?.status === "pending");
  await api.client.subscriptions.resume("dev-only");
  await receiver.received(1);
  await deliveries("dev-only", ([one]) => one?.status === "sent");
  expect(receiver.requests.map((one) => [one.path, dataOf(one).run?.id])).toEqual([["/dev", run.id]]);

  const [mine] = await deliveries("dev-only", () => true);
  expect((await tenant.client.subscriptions.list()).items.map(({ name }) => name)).toEqual(["theirs"]);
  expect(await refusalOf(tenant.client.subscriptions.get("dev-only"))).toEqual([404, "not_found"]);
  expect(await refusalOf(tenant.client.deliveries.get(mine!.id))).toEqual([404, "not_found"]);
  expect(await tenant.client.deliveries.replay({ deliveries: [mine!.id] })).toEqual({ replayed: [] });
  const reader = await api.addPerson("reader", { scopes: ["read", "run"] });
  expect(await refusalOf(reader.client.subscriptions.pause("dev-only"))).toEqual([403, "scope_missing"]);
  await api.client.subscriptions.delete("dev-only");
});

test("processes that are killed in the middle of sending lose nothing, and what they sent comes again under the same id", async () => {
  await notifications[Symbol.asyncDispose]();
  const answers: (() => void)[] = [];
  let holding = true;
  await using receiver = await startReceiver((_request, response) => {
    if (!holding) return void response.writeHead(204).end();
    // The third request stays without an answer: its sender is killed meanwhile.
    answers.push(() => void response.writeHead(204).end());
    if (answers.length < 3) answers.at(-1)?.();
  });
  await subscribe("killed", receiver.url, "run.created", "run.finished");
  const runs = await Promise.all(Array.from({ length: 5 }, () => look()));
  for (const { id } of runs) await api.engine.reaches(id, "succeeded");

  const victim = await startNotifier();
  await receiver.received(3);
  victim.kill("SIGKILL");
  await once(victim, "close");
  holding = false;
  const survivor = await startNotifier();
  const sent = await deliveries("killed", (all) => all.length === 10 && all.every(({ status }) => status === "sent"));
  survivor.kill("SIGKILL");
  await once(survivor, "close");

  const seqs = new Map<string, number[]>();
  for (const request of receiver.requests) {
    const { run, event } = dataOf(request);
    seqs.set(run!.id, [...(seqs.get(run!.id) ?? []), event!.seq]);
  }
  for (const seen of seqs.values()) expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(new Set(receiver.requests.map(idOf))).toEqual(new Set(sent.map(({ id }) => id)));
  expect(receiver.requests.length).toBeGreaterThan(10);
  notifications = startTestNotifications(api, { timeoutMs: 1_000 });
  await api.client.subscriptions.delete("killed");
});

async function startNotifier() {
  const options = { engineUrl: api.engine.database.engineUrl, keyFile: api.keyFile, leaseMs: 1_000 };
  const program = join(import.meta.dirname, "../../support/notifier-process.ts");
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}
