import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { firstAdministratorLink } from "../../platform/src/api/index.ts";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  sizes,
  startTestDashboard,
  type TestDashboard,
} from "../support/browser.ts";
import { newId } from "../support/engine.ts";

const password = "crimson otter paints seven kites";
let dashboard: TestDashboard;

beforeAll(async () => {
  const example = { runbook: "test.swap", parameters: { to: "there" } };
  dashboard = await startTestDashboard({ signIn: { sendsMail: false }, deps: { findExample: async () => example } });
  await dashboard.api.engine.startWorker();
});
afterAll(() => dashboard[Symbol.asyncDispose]());

/** A window of nobody yet, with the link that somebody was given. */
async function openLink(link: string): Promise<Page> {
  const context = await dashboard.browser.newContext({ viewport: sizes.desktop, reducedMotion: "reduce" });
  const page = await context.newPage();
  const { pathname, search } = new URL(link);
  await page.goto(`${dashboard.site}${pathname}${search}`);
  return page;
}

test("from the printed link to a change that a second person approved, and that was taken back", async () => {
  const { api, site } = dashboard;
  const link = await firstAdministratorLink({ pool: api.engine.db, keyring: api.keyring, newId }, site);
  const owner = await openLink(link ?? "");
  await owner.getByRole("heading", { name: "Join" }).waitFor();
  await expectAccessible(owner);
  await picture(owner, "join");
  await owner.getByLabel("Your name").fill("Requester");
  await owner.getByLabel("Your e-mail").fill("requester@example.com");
  await owner.getByLabel("Choose a password").fill(password);
  await owner.getByRole("button", { name: "Join" }).click();
  await owner.waitForURL(`${site}/onboarding`);
  await owner.getByText("2 of 7 done").waitFor();
  const team = owner.getByRole("listitem").filter({ hasText: "Bring your team" });
  await team.locator("summary").click();
  await team.getByRole("button", { name: "Skip this" }).click();
  await team.getByText("skipped").waitFor();
  await owner.reload();
  await team.getByText("skipped").waitFor();
  await picture(owner, "onboarding-begin");

  await owner.getByRole("button", { name: "Invite" }).click();
  const invitation = await owner.locator("code", { hasText: "/accept-invitation" }).textContent();
  const approver = await openLink(invitation ?? "");
  await approver.getByLabel("Your name").fill("Approver");
  await approver.getByLabel("Choose a password").fill(password);
  await approver.getByRole("button", { name: "Join" }).click();
  await approver.waitForURL(`${site}/`);

  await owner.evaluate("dispatchEvent(new Event('focus'))");
  await owner.getByText("3 of 7 done").waitFor();
  await owner.getByRole("button", { name: "Run it" }).click();
  await owner.getByText("In the second person's window").waitFor();
  await picture(owner, "onboarding-approval");
  await expectAccessible(owner);

  const approve = async (): Promise<void> => {
    const run = (await api.client.runs.list({ limit: 1 })).items[0]?.id ?? "";
    await api.engine.reaches(run, "waiting_for_approval");
    const { hash } = await api.client.runs.changeSet(run);
    const status = await approver.evaluate(
      `fetch("/api/v1/runs/${run}/approve", { method: "POST", headers: { "content-type": "application/json" }, body: '{"hash":"${hash}"}' }).then((answer) => answer.status)`,
    );
    expect(status).toBeLessThan(300);
  };
  await approve();
  await owner.getByText("6 of 7 done").waitFor();
  await owner.getByRole("button", { name: "Undo it" }).click();
  await owner.getByText("The undo waits for the second person's approval").waitFor();
  await approve();
  await owner.getByText("That was the whole loop").waitFor();
  await picture(owner, "onboarding-end");
  for (const { context } of [owner, approver].map((page) => ({ context: page.context() }))) await context.close();
});

test("the first steps and the doctor are accessible and fit, in light and dark, on a desk and on a phone", async () => {
  const looker = await dashboard.visitor("looker@example.com", { roles: ["admin"] });
  for (const path of ["/onboarding", "/doctor"])
    for (const [size, scheme] of [
      ["desktop", "dark"],
      ["phone", "light"],
    ] as const) {
      const page = await looker.open(path, { size, scheme });
      await page.getByText(path === "/doctor" ? /^PostgreSQL \d/ : /of 7 done/).waitFor();
      expect(await page.title()).toMatch(/· Gantry$/);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await picture(page, `${path.slice(1)}-${scheme}`);
      await page.close();
    }
});
