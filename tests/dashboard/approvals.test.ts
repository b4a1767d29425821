import { base32 } from "@better-auth/utils/base32";
import { createOTP } from "@better-auth/utils/otp";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Digest, Json, Preview } from "@gantry/sdk";
import { memoryTools } from "../support/api.ts";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  startTestDashboard,
  type TestDashboard,
  type Visitor,
} from "../support/browser.ts";
import type { MemoryTool } from "../support/memory-runner.ts";
import { plugIn } from "../support/second-factor.ts";

const diff = `diff --git a/app/limits.ts b/app/limits.ts
index 1111111..2222222 100644
--- a/app/limits.ts
+++ b/app/limits.ts
@@ -1,2 +1,2 @@
 // <script>alert("not run")</script>
-export const limit = 100;
+export const limit = 250;
`;
const usual: Partial<Preview> = {
  summary: "The shop is served by version 2; version 1 stays ready for the way back.",
  counts: { add: 1, change: 1, destroy: 1 },
  touches: ["module.shop.service.web", "module.shop.service.old", "output.url"],
  diff,
  changes: [
    { name: "module.shop.service.web", action: "create", parts: [{ path: "image", after: '"shop:2"' }] },
    { name: "module.shop.service.old", action: "delete", parts: [{ path: "image", before: '"shop:1"' }] },
    {
      name: "output.url",
      action: "update",
      parts: [{ path: "value", before: '"http://a"', after: '"http://\\u{202e}b"' }],
    },
  ],
  undo: { possible: true, how: "Traffic goes back to version 1.", limits: ["Orders that version 2 took stay."] },
};
let shown = usual;
let dashboard: TestDashboard;
let approver: Visitor;

beforeAll(async () => {
  const [look, change, swap] = memoryTools;
  if (look === undefined || change === undefined || swap?.preview === undefined)
    throw new Error("The test's tools are missing.");
  const { preview } = swap;
  const telling: MemoryTool = {
    ...swap,
    preview: async (...given) => ({ ...((await preview(...given)) as object), ...shown }) as Json,
  };
  dashboard = await startTestDashboard({ tools: [look, change, telling] });
  await dashboard.api.engine.startWorker();
  approver = await dashboard.visitor("approver@example.com", { roles: ["approver"], groups: ["approvers"] });
}, 120_000);
afterAll(() => dashboard[Symbol.asyncDispose]());

async function waiting(goal = "Bring version 2 of the shop live"): Promise<{ run: string; hash: Digest }> {
  shown = usual;
  const call = { runbook: "test.swap", parameters: { to: "blue" }, environment: "staging", goal };
  const { id: run } = await dashboard.client.runs.create(call);
  await dashboard.api.engine.reaches(run, "waiting_for_approval");
  return { run, hash: (await dashboard.client.runs.changeSet(run)).hash };
}

test("an approver finds what waits for them, understands it on a phone and approves it with a comment", async () => {
  const { run } = await waiting();
  const page = await approver.open("/approvals", { size: "phone" });
  await page.setViewportSize({ width: 360, height: 740 });
  const sentence = /wants to (change|change and destroy things in) staging: Bring version 2 of the shop live/;
  await expectAccessible(page);
  await picture(page, "approvals");
  await page.getByRole("link", { name: sentence }).click();
  await page.getByRole("heading", { level: 1, name: sentence }).waitFor();
  await page.getByText("Orders that version 2 took stay.").waitFor();
  await expectNoSidewaysScroll(page);
  await page.getByText("Look closely").click();
  await page.getByText("The same as text").click();
  // Inert: neither run nor reordered.
  await page.getByText('// <script>alert("not run")</script>').waitFor();
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  await picture(page, "approval");
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByLabel("Comment (if you like)").fill("Looks good");
  await picture(page, "approval-dialog");
  await page.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByText("This was approved.").waitFor();
  await dashboard.api.engine.reaches(run, "succeeded");
  const [given] = (await dashboard.client.runs.get(run)).changeSets;
  expect(given?.approvals).toMatchObject([{ actor: { name: "approver" }, reason: "Looks good" }]);
  await page.context().close();
});

test("the card is accessible and fits in light and dark on a desk", async () => {
  const { run } = await waiting();
  for (const scheme of ["light", "dark"] as const) {
    const page = await approver.open(`/approvals/${run}`, { scheme });
    await page.getByText("Look closely").click();
    expect(await page.getByRole("button", { name: "Approve", exact: true }).isEnabled()).toBe(true);
    if (scheme === "dark") await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await picture(page, `approval-${scheme}`);
    await page.context().close();
  }
});

test("whoever rejects says why, and that is what is read afterwards", async () => {
  const { run } = await waiting("Close the shop");
  const page = await approver.open(`/approvals/${run}`);
  await page.getByRole("button", { name: "Reject", exact: true }).click();
  const dialog = page.getByRole("dialog");
  expect(await dialog.getByRole("button", { name: "Reject", exact: true }).isDisabled()).toBe(true);
  await dialog.getByLabel("Why").fill("Too close to the weekend");
  await dialog.getByRole("button", { name: "Reject", exact: true }).click();
  await page.getByText("approver: Too close to the weekend").waitFor();
  expect((await dashboard.client.runs.get(run)).status).toBe("rejected");
  await page.context().close();
});

test("who asked for a change sees why they can't approve it; who may only look has no buttons", async () => {
  const requester = await dashboard.visitor("requester@example.com", { roles: ["operator"], groups: ["approvers"] });
  const viewer = await dashboard.visitor("viewer@example.com", { roles: ["viewer"] });
  const { run } = await waiting();
  const page = await viewer.open(`/approvals/${run}`);
  await page.getByText("What will happen").waitFor();
  expect(await page.getByRole("button", { name: /^(Approve|Reject|Say it)$/ }).count()).toBe(0);
  await page.context().close();
  const other = await requester.open(`/approvals/${run}`);
  await other.getByText("What will happen").waitFor();
  expect(await other.getByRole("button", { name: "Approve", exact: true }).count()).toBe(0);
  await other.context().close();
});

test("a change set that changed while somebody read it must be read again, what changed first, before it can be approved", async () => {
  const { run, hash } = await waiting("Make room");
  const page = await approver.open(`/approvals/${run}`);
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByRole("dialog").waitFor();
  const second = await dashboard.visitor("second@example.com", { roles: ["approver"], groups: ["approvers"] });
  const theirs = await second.open(`/approvals/${run}`);
  shown = {
    ...usual,
    effect: "destroys",
    summary: "The shop is served by version 2; the orders of last year are lost.",
    counts: { add: 1, change: 1, destroy: 3 },
    touches: ["module.shop.service.web", "module.shop.table.orders"],
    diff: diff.replace("250", "9000"),
  };
  await theirs.getByRole("button", { name: "Approve", exact: true }).click();
  await theirs.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  // It is previewed once more, and isn't the same.
  await page.getByText("This isn't what you looked at any more.").waitFor();
  await page.getByText("The preview of step swap is not the one that was approved.").waitFor();
  await page.getByText("Number to destroy").first().waitFor();
  await page.getByText("Now touches module.shop.table.orders").waitFor();
  // Nor can what they were about to approve be approved unseen.
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await page.getByRole("button", { name: "Approve", exact: true }).isDisabled()).toBe(true);
  await expectAccessible(page);
  await picture(page, "approval-stale");
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
  await picture(page, "approval-stale");
  await page.getByRole("button", { name: "I have read it" }).click();
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  await dashboard.api.engine.reaches(run, "succeeded");
  const { changeSets } = await dashboard.client.runs.get(run);
  expect(changeSets.map((one) => [one.hash === hash, one.status])).toEqual([
    [true, "voided"],
    [false, "approved"],
  ]);
  for (const one of [page, theirs]) await one.context().close();
});

test("where an environment wants a second factor, a passkey gives it on the same page, and a code of an app as well", async () => {
  await dashboard.client.approvals.configure({ environment: "staging", mfa: true });
  const page = await approver.open("/approvals", { size: "phone" });
  const none = await waiting();
  await page.goto(`${dashboard.site}/approvals/${none.run}`);
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByText("you have neither").waitFor();

  await plugIn(page);
  await page.goto(`${dashboard.site}/account`);
  await page.getByLabel("Name of a new one").fill("Phone");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByText("The passkey is added.").waitFor();
  await page.goto(`${dashboard.site}/approvals/${none.run}`);
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByRole("button", { name: "Approve with a passkey" }).click();
  await page.getByText("This was approved.").waitFor();
  await dashboard.api.engine.reaches(none.run, "succeeded");
  const { items } = await dashboard.client.runs.decisions(none.run);
  expect(items).toMatchObject([{ decision: "approve", proof: { method: "passkey" } }]);

  const code = await setUpCodes(page);
  const next = await waiting();
  await page.goto(`${dashboard.site}/approvals/${next.run}`);
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByLabel("Six digits of your authenticator app").fill("000000");
  await page.getByRole("button", { name: "Approve with the code" }).click();
  await page.getByRole("link", { name: "second_factor_refused" }).waitFor();
  await expectAccessible(page);
  await picture(page, "approval-second-factor");
  await page.getByLabel("Six digits of your authenticator app").fill(await code());
  await page.getByRole("button", { name: "Approve with the code" }).click();
  await page.getByText("This was approved.").waitFor();
  await page.context().close();
  await dashboard.client.approvals.configure({ environment: "staging", mfa: false });
});

/** An authenticator app; gives the code of the half minute to come, since that of this one was used. */
async function setUpCodes(page: Page): Promise<() => Promise<string>> {
  await page.goto(`${dashboard.site}/account`);
  await page.getByLabel("Your password").fill("crimson otter paints seven kites");
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  const secret = (await page.locator("p.codes").innerText()).replaceAll(" ", "");
  const otp = createOTP(new TextDecoder().decode(base32.decode(secret)), { period: 30, digits: 6 });
  await page.getByLabel("The six digits that the app shows now").fill(await otp.totp());
  await page.getByRole("button", { name: "Turn it on" }).click();
  await page.getByText("From now on signing in asks for a code.").waitFor();
  return () => otp.hotp(Math.floor(Date.now() / 30_000) + 1);
}
