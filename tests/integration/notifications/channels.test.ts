import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeliveryView, Destination, SubscriptionKind } from "@gantry/sdk/api";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { startMailServer, type MailServer } from "../../support/mail-server.ts";
import { startTestNotifications } from "../../support/notifications.ts";
import { startSlack, type SlackServer } from "../../support/slack-server.ts";
import { startReceiver } from "../../support/webhook-receiver.ts";

const token = "xoxb-slack-token-for-tests";
const mailPassword = "correct horse/battery";
let api: TestApi;
let slack: SlackServer;
let mail: MailServer;
let notifications: AsyncDisposable;
let approver: Awaited<ReturnType<TestApi["addPerson"]>>;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  slack = await startSlack(token);
  mail = await startMailServer("gantry", mailPassword);
  notifications = startTestNotifications(api, { slackUrl: slack.url, digestMs: 300, timeoutMs: 1_500 });
  await api.engine.admin.query("INSERT INTO installation (key, value) VALUES ('url', to_json($1::text))", [api.url]);
  approver = await api.addPerson("approver", { groups: ["approvers"] });
  const { secrets } = api.client;
  await secrets.put("slack-token", token);
  await secrets.put("mail", `smtp://gantry:${encodeURIComponent(mailPassword)}@127.0.0.1:${mail.port}`);
  await secrets.put("planted", "planted-canary-value");
});

afterAll(async () => {
  await notifications[Symbol.asyncDispose]();
  await slack[Symbol.asyncDispose]();
  await mail[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const toSlack: Destination = { channel: "slack", conversation: "C0123456789", token: { $secret: "slack-token" } };
const toMail: Destination = {
  channel: "email",
  server: { $secret: "mail" },
  from: "gantry@example.com",
  to: ["on-call@example.com"],
};
const change = (goal: string) =>
  api.client.runs.create({ runbook: "test.change", parameters: { to: "blue" }, environment: "staging", goal });
const subscribe = (name: string, destination: Destination, kinds?: SubscriptionKind[]) =>
  api.client.subscriptions.create({ name, destination, ...(kinds === undefined ? {} : { kinds }) });

/** Where somebody decides on what the run waits for. */
async function cardOf(run: string): Promise<string> {
  const { hash } = await api.client.runs.changeSet(run);
  return `${api.url}/approvals/${run}?hash=${encodeURIComponent(hash)}`;
}

async function approve(run: string): Promise<void> {
  const { hash } = await api.client.runs.changeSet(run);
  await approver.client.runs.approve(run, { hash });
}

/** The deliveries of a subscription once none waits any more. */
async function ended(subscription: string, count: number): Promise<DeliveryView[]> {
  return api.engine.until(async () => {
    const { items } = await api.client.deliveries.list({ subscription });
    return items.length >= count && items.every(({ status }) => status !== "pending") && items;
  });
}

test("a run is one Slack message, which is updated as it goes on; what others wrote in it is only text", async () => {
  await subscribe("slack", toSlack, ["approval.needed", "run.succeeded"]);
  const run = await change("Ship <!channel> & *all* <https://evil.example|click> planted-canary-value \u202eevil");
  await ended("slack", 1);
  expect(slack.messages).toHaveLength(1);
  const first = JSON.stringify(slack.messages[0]);
  expect(slack.messages[0]?.text).toMatch(
    /^Approval needed: “Ship &lt;!channel&gt; &amp; \*all\* &lt;https:.* \[redacted\]/,
  );
  expect(first).not.toMatch(/<!channel>|<https:\/\/evil|planted-canary|\u202e/);
  expect(first).toContain(`${await cardOf(run.id)}|Look at it>`);

  await approve(run.id);
  await ended("slack", 2);
  expect(slack.messages).toMatchObject([{ edits: 1, text: expect.stringMatching(/^Done: /) }]);
  expect(JSON.stringify(slack.messages[0]?.blocks)).toContain("Approval needed");
  await api.client.subscriptions.delete("slack");
});

test("Slack's Retry-After is honoured, an error that passes is tried again, one that stays is a dead letter at once", async () => {
  slack.messages.length = 0;
  await subscribe("slack", toSlack, ["approval.needed"]);
  slack.answerNext({ retryAfter: 1 }, { error: "internal_error" });
  await change("Be patient");
  const [patient] = await ended("slack", 1);
  expect(patient).toMatchObject({ status: "sent", attempts: 3 });
  expect(slack.messages).toHaveLength(1);

  slack.answerNext({ error: "channel_not_found" });
  await change("Nowhere to say it");
  const [dead] = await ended("slack", 2);
  expect(dead).toMatchObject({
    status: "dead",
    attempts: 1,
    answer: { detail: "chat.postMessage: channel_not_found" },
  });
  expect(await api.client.deliveries.replay({ deliveries: [dead!.id] })).toEqual({ replayed: [dead!.id] });
  expect((await ended("slack", 2))[0]).toMatchObject({ id: dead!.id, status: "sent" });
  await api.client.subscriptions.delete("slack");
});

test("what needs somebody later on is also said in the thread, and a message that was deleted is posted anew", async () => {
  slack.messages.length = 0;
  await subscribe("slack", toSlack, ["run.created", "approval.needed", "run.succeeded"]);
  const run = await change("Say it aloud");
  await ended("slack", 2);
  const [root, ...more] = slack.messages;
  // Both may have come at once; then the first message says it.
  for (const reply of more)
    expect(reply).toMatchObject({ threadTs: root?.ts, text: expect.stringContaining("Approval needed") });
  expect(root?.text).toContain("Approval needed");

  slack.messages.length = 0;
  await approve(run.id);
  await ended("slack", 3);
  expect(slack.messages).toMatchObject([{ edits: 0, threadTs: null, text: expect.stringMatching(/^Done: /) }]);
  await api.client.subscriptions.delete("slack");
});

test("a change of hundreds of things keeps within Slack's limits", async () => {
  slack.messages.length = 0;
  await subscribe("slack", toSlack, ["approval.needed"]);
  await change(`Ship ${"<&>".repeat(300)}`.slice(0, 500));
  const [delivery] = await ended("slack", 1);
  expect(delivery).toMatchObject({ status: "sent", attempts: 1 });
  await api.client.subscriptions.delete("slack");
});

test("an incoming webhook of Slack gets a message for each, and its URL is never shown", async () => {
  await using receiver = await startReceiver((_request, response) => void response.writeHead(404).end("no_service"));
  const url = `${receiver.url}/services/T000/B000/token-in-the-url`;
  await api.client.secrets.put("incoming", url);
  await subscribe("incoming", { channel: "slack-webhook", url: { $secret: "incoming" } });
  const test = await api.client.subscriptions.test("incoming");
  await receiver.received(1);
  const delivery = await api.engine.until(async () => {
    const now = await api.client.deliveries.get(test.id);
    return now.status !== "pending" && now;
  });
  expect(delivery).toMatchObject({
    status: "failed",
    attempts: 1,
    answer: { ok: false, detail: "HTTP 404: no_service" },
  });
  expect(JSON.parse(receiver.requests[0]!.body)).toMatchObject({
    text: expect.stringMatching(/^Test of the subscription/),
  });
  expect(JSON.stringify([await api.client.subscriptions.get("incoming"), delivery])).not.toContain("token-in-the-url");
  await api.client.subscriptions.delete("incoming");
});

test("a run is one thread of mail with a text part first, and quick successions are one mail", async () => {
  mail.mails.length = 0;
  await subscribe("mail", toMail, ["run.created", "run.started", "approval.needed", "run.succeeded"]);
  const run = await change("Ship <b>it</b> planted-canary-value");
  const [first] = await mail.received(1);
  await ended("mail", 3);
  expect(mail.mails).toHaveLength(1);
  expect(first).toMatchObject({ from: "gantry@example.com", to: ["on-call@example.com"] });
  expect(first!.raw).toMatch(/text\/plain[^]*Approval needed: [^]*text\/html[^]*&lt;b&gt;it&lt;\/b&gt;/);
  expect(first!.raw).not.toMatch(/planted-canary|<b>it<\/b>.*<\/h1>/);
  // Only a link to look: opening it decides nothing.
  const card = await cardOf(run.id);
  // As quoted-printable text is read.
  const raw = first!.raw.replaceAll(/=\r?\n/g, "").replaceAll("=3D", "=");
  expect(new Set(raw.match(/https?:\/\/\S+?(?=["\s<])/g))).toEqual(new Set([card]));
  const page = await fetch(card, { headers: { accept: "text/html" } });
  expect(page.status).toBe(200);
  expect((await api.client.runs.get(run.id)).status).toBe("waiting_for_approval");

  await approve(run.id);
  const [, second] = await mail.received(2);
  expect(second!.header("subject")).toBe(first!.header("subject"));
  expect(second!.header("references")).toBe(first!.header("references"));
  expect(second!.header("message-id")).not.toBe(first!.header("message-id"));
  await ended("mail", 4);
  await api.client.subscriptions.delete("mail");
});

test("a refused recipient is a dead letter at once, a refused password is tried again, and neither shows the password", async () => {
  await subscribe("refused", { ...toMail, to: ["nobody@example.com"] }, ["run.created"]);
  await subscribe("locked-out", { ...toMail, server: { $secret: "wrong" } }, ["run.created"]);
  await api.client.secrets.put("wrong", `smtp://gantry:not-the-password@127.0.0.1:${mail.port}`);
  await change("Tell nobody");
  const [refused] = await ended("refused", 1);
  expect(refused).toMatchObject({ status: "dead", attempts: 1, answer: { status: 550 } });
  const [lockedOut] = await ended("locked-out", 1);
  expect(lockedOut).toMatchObject({ status: "dead", attempts: 3 });
  expect(JSON.stringify([refused, lockedOut])).not.toMatch(/not-the-password|correct horse/);
  await api.client.subscriptions.delete("refused");
  await api.client.subscriptions.delete("locked-out");
});

test("a mail server that says nothing is given up in time", async () => {
  await using server = await silentServer();
  await api.client.secrets.put("silent", `smtp://127.0.0.1:${server.port}`);
  await subscribe("silent", { ...toMail, server: { $secret: "silent" } }, ["run.created"]);
  const { id } = await api.client.subscriptions.test("silent");
  const delivery = await api.engine.until(async () => {
    const now = await api.client.deliveries.get(id);
    return now.status !== "pending" && now;
  });
  expect(delivery).toMatchObject({ status: "failed", answer: { detail: "The mail server did not answer in time." } });
  await api.client.subscriptions.delete("silent");
});

async function silentServer(): Promise<AsyncDisposable & { port: number }> {
  const server = createServer((socket) => socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
