import { createServer, type AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { enforceSeals } from "../../platform/src/audit/index.ts";
import { createSigner } from "../../platform/src/signing/index.ts";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  startTestDashboard,
  type TestDashboard,
  type Visitor,
} from "../support/browser.ts";
import { quiet } from "../support/engine.ts";
import { eventually } from "../support/installation.ts";

let dashboard: TestDashboard;
let owner: Visitor;

beforeAll(async () => {
  dashboard = await startTestDashboard();
  owner = await dashboard.visitor("owner@example.com", { roles: ["owner"], groups: ["approvers"] });
  const { client } = dashboard;
  await client.teams.create({ name: "payments", description: "Owns the checkout" });
  await client.serviceAccounts.create({ name: "deploy-bot", roles: ["operator"] });
  await client.variables.put("region", "eu-central-1");
  await client.subscriptions.create({
    name: "team",
    destination: {
      channel: "email",
      server: { $secret: "mail" },
      from: "gantry@example.com",
      to: ["team@example.com"],
    },
  });
});
afterAll(() => dashboard[Symbol.asyncDispose]());

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

test("a key is shown once, is good, and is gone from the page once that is closed", async () => {
  const page = await owner.open("/settings/keys");
  await press(page, "New key");
  await page.getByLabel("What you call it").fill("laptop");
  await page.getByText("gantry key create --name laptop --scope read").waitFor();
  await press(page, "Create key");
  const key = (await page.getByRole("status", { name: "The new key" }).textContent()) ?? "";
  expect((await dashboard.api.request("/api/v1/me", { key })).status).toBe(200);
  await picture(page, "settings-key-once");
  await press(page, "Close");
  await page.getByRole("button", { name: "laptop" }).waitFor();
  expect(await page.content()).not.toContain(key);
  await page.close();
});

test("a connection is added by a form and tried out, and a secret goes in and doesn't come out", async () => {
  const host = createServer((socket) => void socket.on("error", () => undefined).end("SSH-2.0-test\r\n"));
  await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void host.close());
  const page = await owner.open("/settings/connections");
  await press(page, "New connection");
  await page.getByLabel("Name", { exact: true }).fill("web");
  await page.getByLabel("Kind").fill("host-group");
  await page.getByLabel("Setting 1").fill("hosts");
  await page.getByLabel("Value 1").fill(`127.0.0.1:${(host.address() as AddressInfo).port}`);
  await press(page, "Add connection");
  await page.getByRole("button", { name: "web", exact: true }).click();
  await press(page, "Try it out");
  await page.getByText("It speaks SSH.").waitFor();
  await picture(page, "settings-connection-tried");
  await page.goto(`${dashboard.site}/settings/secrets?show=new`);
  await page.getByLabel("Name", { exact: true }).fill("deploy-key");
  await page.getByLabel("Value", { exact: true }).fill("hush-hush-hush");
  await press(page, "Store");
  await page.getByRole("button", { name: "deploy-key" }).waitFor();
  expect(await page.content()).not.toContain("hush-hush-hush");
  await page.close();
});

test("a policy is checked while it is written, tried out before it is stored, compared, and restored", async () => {
  const page = await owner.open("/settings/policies");
  await press(page, "New policy");
  await page.getByLabel("Name", { exact: true }).fill("ask-first");
  await page.getByRole("dialog").getByRole("button", { name: "New policy" }).click();
  const text = page.getByLabel("Text (Cedar)");
  const first = await text.inputValue();
  await text.fill(first.replace("forbid", "forbit"));
  await page.getByRole("button", { name: /^line 4/ }).waitFor();
  expect(await page.getByRole("button", { name: "Store as a new version" }).isDisabled()).toBe(true);
  await text.fill(first);
  await page.getByText("Nothing is wrong with it.").waitFor();
  await page.getByRole("tab", { name: "Try it out" }).click();
  await page.getByLabel("Destroys").fill("2");
  await press(page, "Ask");
  await page.getByText("needs an approval").first().waitFor();
  await picture(page, "settings-policy-tried");
  await page.getByRole("tab", { name: "Text" }).click();
  await press(page, "Store as a new version");
  await page.getByText("Stored as version 1.").waitFor();
  await text.fill(first.replace("> 0", "> 5"));
  await page.getByLabel("Why").fill("Fewer questions");
  await press(page, "Store as a new version");
  await page.getByText("Stored as version 2.").waitFor();
  await page.getByRole("tab", { name: "Versions" }).click();
  await page.getByRole("button", { name: /^Compare/ }).click();
  await page.getByText("when { context.counts.destroy > 5 }").waitFor();
  await picture(page, "settings-policy-versions");
  await press(page, "Restore");
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await page.getByText("(brought back version 1)").waitFor();
  expect((await dashboard.client.policies.get("ask-first")).text).toBe(first);
  await page.close();
});

test("the audit trail is verified and searched, and what is searched for stands in the address", async () => {
  const { api } = dashboard;
  const signer = createSigner({ pool: api.engine.db, keyring: api.keyring, now: Date.now });
  await eventually(async () => {
    await enforceSeals({ pool: api.engine.db, signer, now: Date.now, log: quiet });
    return (await api.client.audit.head()).head !== null;
  });
  const page = await owner.open("/settings/audit?action=invitations.&result=nonsense");
  await page.getByRole("button", { name: "invitations.create" }).first().waitFor();
  expect(await page.getByRole("button", { name: "teams.create" }).count()).toBe(0);
  await press(page, "Verify now");
  await page.getByText("Everything is as it was sealed").waitFor();
  await page.getByText(/up to seal \d+ by owner/).waitFor();
  await page.getByLabel("What", { exact: true }).fill("teams.");
  await press(page, "Search");
  await page.getByRole("button", { name: "teams.create" }).waitFor();
  expect(new URL(page.url()).searchParams.get("action")).toBe("teams.");
  await page.close();
});

test("who may not change something sees no control for it", async () => {
  const viewer = await dashboard.visitor("viewer@example.com", { roles: ["viewer"] });
  const page = await viewer.open("/settings/teams");
  await page.getByRole("button", { name: "payments" }).click();
  await page.getByText("Nobody yet").waitFor();
  expect(await page.getByRole("button", { name: /New team|Delete team|Save/ }).count()).toBe(0);
  expect(await page.getByRole("link", { name: "API keys" }).count()).toBe(0);
  await page.close();
});

test("every page of the settings shows its command, and a form beside a list is accessible and fits a phone", async () => {
  const page = await owner.open("/settings");
  const sections = (await page.evaluate(
    "[...document.querySelectorAll('main a')].map((one) => one.getAttribute('href'))",
  )) as string[];
  expect(sections.length).toBeGreaterThan(16);
  for (const section of sections) {
    await page.getByRole("main").locator(`a[href="${section}"]`).first().click();
    await page.waitForURL((url) => url.pathname === section);
    // Beside a button that copies it.
    await page.getByRole("main").getByRole("button", { name: "Copy" }).first().waitFor();
    await page.goBack();
  }
  await page.close();
  // The pages themselves are looked at in every-screen.test.ts.
  const phone = await owner.open("/settings/connections", { size: "phone", scheme: "dark" });
  await press(phone, "New connection");
  await phone.getByRole("dialog").waitFor();
  await expectAccessible(phone);
  await expectNoSidewaysScroll(phone);
  await picture(phone, "settings-form");
  await phone.close();
});
