import { afterAll, beforeAll, expect, test } from "vitest";
import { firstAdministratorLink } from "../../platform/src/api/index.ts";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  joinAs,
  picture,
  startTestDashboard,
  type TestDashboard,
} from "../support/browser.ts";
import { newId } from "../support/engine.ts";

let dashboard: TestDashboard;

beforeAll(async () => {
  const example = { runbook: "test.swap", parameters: { to: "there" } };
  dashboard = await startTestDashboard({ signIn: { sendsMail: false }, deps: { findExample: async () => example } });
  await dashboard.api.engine.startWorker();
});
afterAll(() => dashboard[Symbol.asyncDispose]());

test("from the printed link to a change that a second person approved, and that was taken back", async () => {
  const { api, site } = dashboard;
  const link = await firstAdministratorLink({ pool: api.engine.db, keyring: api.keyring, newId }, site);
  const owner = await dashboard.openLink(link ?? "");
  await owner.getByRole("heading", { name: "Join" }).waitFor();
  await expectAccessible(owner);
  await picture(owner, "join");
  await joinAs(owner, "Requester", "requester@example.com");
  await owner.waitForURL(`${site}/onboarding`);
  const place = owner.getByRole("navigation").getByRole("link", { name: "First steps" });
  await owner.getByRole("button", { name: "Take them out of the navigation" }).click();
  await place.waitFor({ state: "detached" });
  await owner.reload();
  await owner.getByRole("button", { name: "Put them back" }).click();
  await place.waitFor();
  await owner.getByText(/^[23] of 9 done$/).waitFor();
  const team = owner.getByRole("listitem").filter({ hasText: "Bring your team" });
  await team.locator("summary").click();
  await team.getByRole("button", { name: "Skip this" }).click();
  await owner.getByText(/^[23] of 8 done$/).waitFor();
  await team.getByText("skipped").waitFor();
  await owner.reload();
  await team.getByText("skipped").waitFor();
  await picture(owner, "onboarding-begin");

  await owner.getByRole("button", { name: "Invite" }).click();
  const invitation = await owner.locator("code", { hasText: "/accept-invitation" }).textContent();
  const approver = await dashboard.openLink(invitation ?? "");
  await joinAs(approver, "Approver");
  await approver.waitForURL(`${site}/`);

  await owner.evaluate("dispatchEvent(new Event('focus'))");
  await owner.getByRole("listitem").filter({ hasText: "A second person" }).getByText("done", { exact: true }).waitFor();
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
  await owner.getByRole("button", { name: "Undo it" }).click();
  await owner.getByText("The undo waits for the second person's approval").waitFor();
  await approve();
  await owner.getByText("That was the whole loop").waitFor();
  await picture(owner, "onboarding-end");
  await place.waitFor({ state: "detached" });
  await owner.goto(`${site}/doctor`);
  await owner.getByRole("link", { name: "The first steps" }).click();
  await owner.getByText("That was the whole loop").waitFor();
  expect(await place.count()).toBe(0);
  for (const { context } of [owner, approver].map((page) => ({ context: page.context() }))) await context.close();
});

test("the first steps and the doctor fit, in light and dark, on a desk and on a phone", async () => {
  const looker = await dashboard.visitor("looker@example.com", { roles: ["admin"] });
  for (const path of ["/onboarding", "/doctor"])
    for (const [size, scheme] of [
      ["desktop", "dark"],
      ["phone", "light"],
    ] as const) {
      const page = await looker.open(path, { size, scheme });
      await page.getByText(path === "/doctor" ? /^PostgreSQL \d/ : /of [89] done/).waitFor();
      expect(await page.title()).toMatch(/· Gantry$/);
      await expectNoSidewaysScroll(page);
      await picture(page, `${path.slice(1)}-${scheme}`);
      await page.close();
    }
});
