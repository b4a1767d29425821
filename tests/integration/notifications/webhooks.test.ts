import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { startTestNotifications } from "../../support/notifications.ts";
import { startReceiver } from "../../support/webhook-receiver.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let api: TestApi;
let notifications: AsyncDisposable;
const signing = `whsec_${randomBytes(32).toString("base64")}`;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  notifications = startTestNotifications(api);
  await api.client.secrets.put("hook", signing);
});

afterAll(async () => {
  await notifications[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const hook = (url: string) => ({ channel: "webhook" as const, url, secret: { $secret: "hook" } });

test("an approval that is needed reaches a webhook as a signed CloudEvent that says what, where, who and what to do", async () => {
  await using receiver = await startReceiver();
  await api.client.subscriptions.create({ name: "spine", destination: hook(`${receiver.url}/in`) });
  const run = await api.client.runs.create({
    runbook: "test.change",
    parameters: { to: "blue" },
    environment: "staging",
  });
  const [request] = await receiver.received(1);

  const event = new Webhook(signing).verify(request!.body, request!.headers) as Record<string, unknown>;
  expect(request).toMatchObject({
    path: "/in",
    headers: { "content-type": "application/cloudevents+json; charset=utf-8", "webhook-id": event["id"] },
  });
  expect(event).toMatchObject({
    specversion: "1.0",
    type: "gantry.approval.needed",
    subject: `runs/${run.id}`,
    datacontenttype: "application/json",
    data: {
      sentence: expect.stringMatching(
        /^Approval needed: “.+” .+ in staging; administrator asked, 1 of approvers must approve\.$/,
      ),
      run: { id: run.id, environment: "staging", requester: "administrator" },
      action: `gantry approve ${run.id}`,
      event: { type: "change_set.created" },
    },
  });
  expect(await api.client.subscriptions.get("spine")).toMatchObject({ pending: 0, dead: 0 });
  await api.client.subscriptions.delete("spine");
});
