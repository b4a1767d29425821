import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  sizes,
  startTestDashboard,
  type TestDashboard,
} from "../support/browser.ts";
import { plugIn } from "../support/second-factor.ts";

let dashboard: TestDashboard;
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

beforeAll(async () => {
  dashboard = await startTestDashboard();
  await dashboard.api.engine.startWorker();
});
afterAll(() => dashboard[Symbol.asyncDispose]());

test("who administers the installation acts for it after their passkey, drains a worker, and ends it", async () => {
  const { client, api } = dashboard;
  const administrator = await dashboard.visitor("administrator@example.com", { roles: ["owner"] });
  const page = await administrator.open("/queue?tab=workers");
  // An owner who doesn't administer the installation is offered nothing.
  await page.getByText("pool default").waitFor();
  expect(await page.getByRole("button", { name: /Drain|Act for the installation/ }).count()).toBe(0);
  const { id = "" } = (await client.people.list()).items.find(({ email }) => email === administrator.email) ?? {};
  await client.people.administer(id, "Runs the host");

  await page.reload();
  await page.getByRole("button", { name: "Act for the installation" }).click();
  await page.getByText("you have nothing else set up yet").waitFor();
  await expectAccessible(page);
  await picture(page, "elevation-no-factor");
  await page.getByRole("link", { name: "Set one up on your account's page" }).click();
  await plugIn(page);
  await page.getByLabel("Name of a new one").fill("Laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByText("The passkey is added.").waitFor();

  await page.goto(`${dashboard.site}/queue?tab=workers`);
  await page.getByRole("button", { name: "Act for the installation" }).click();
  await picture(page, "elevation-passkey");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByText(/You act for the whole installation: 1[45] min left/).waitFor();
  await page.getByRole("button", { name: "Drain", exact: true }).click();
  await picture(page, "queue-drain");
  await page.getByRole("dialog").getByRole("button", { name: "Drain", exact: true }).click();
  await page.getByRole("button", { name: "Let it work again" }).click();
  expect((await client.workers.list()).items).toMatchObject([{ state: "draining" }]);
  await page.getByRole("dialog").getByRole("button", { name: "Let it work again" }).click();
  await page.getByRole("button", { name: "Drain", exact: true }).waitFor();

  await dashboard.visitor("leaver@example.com", { roles: ["viewer"] });
  await page.goto(`${dashboard.site}/settings/installation`);
  await page.getByRole("button", { name: "leaver" }).click();
  await page.getByRole("button", { name: "Put out" }).click();
  await page.getByLabel("Why").fill("Left");
  await picture(page, "installation-put-out");
  await page
    .getByRole("dialog", { name: /^Put leaver/ })
    .getByRole("button", { name: "Put out" })
    .click();
  await page.getByRole("button", { name: "Let in again" }).waitFor();
  await page.goto(`${dashboard.site}/settings/backup`);
  await page.getByText("None was made yet.").waitFor();
  for (const path of ["/settings/installation", "/settings/backup"])
    for (const size of ["desktop", "phone"] as const) {
      await page.setViewportSize(sizes[size]);
      await page.goto(`${dashboard.site}${path}`);
      await page.getByRole("table").or(page.getByText("None was made yet.")).first().waitFor();
      await picture(page, `elevated${path.replaceAll("/", "-")}`);
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
    }

  await page.setViewportSize(sizes.desktop);
  await page.getByRole("button", { name: "End it" }).click();
  await page.getByText("To see every backup that was made").waitFor();
  const asked = (await api.client.audit.list({})).items.map(({ action }) => action);
  expect(asked).toEqual(
    expect.arrayContaining(["elevation.begin", "workers.drain", "people.disable", "elevation.end"]),
  );
  await page.close();
});

test("who governs an organization lends a right, breaks the glass, and says how much there may be", async () => {
  const { client } = dashboard;
  const deputy = await dashboard.visitor("deputy@example.com", { roles: ["approver"] });
  const governor = await dashboard.visitor("governor@example.com", { roles: ["owner"], groups: ["approvers"] });
  const page = await governor.open("/settings/delegations");
  await press(page, "Lend my right to approve");
  await page.getByLabel("To whom").selectOption({ label: "deputy" });
  await page.getByLabel("Why").fill("On holiday");
  await page.getByText("gantry approval delegate --group approvers --to deputy --for 7d").waitFor();
  await picture(page, "delegation-new");
  await press(page, "Lend it");
  await page.getByText("counts now").waitFor();
  expect((await client.delegations.list()).items).toMatchObject([{ group: "approvers", holds: true }]);

  await page.goto(`${dashboard.site}/settings/break-glass`);
  await press(page, "Break the glass");
  await page.getByLabel("What happened").fill("The shop is down and nobody answers");
  await picture(page, "break-glass-new");
  await press(page, "Break the glass now");
  await page.getByRole("main").getByRole("button", { name: "governor" }).click();
  await press(page, "End it now");
  await page
    .getByRole("dialog", { name: /^End the/ })
    .getByRole("button", { name: "End it now" })
    .click();
  await page.getByText("ended, not looked at yet").first().waitFor();
  const other = await deputy.open("/settings/break-glass");
  await other.getByRole("button", { name: "governor" }).click();
  await other.getByLabel("Say what you found").fill("Nothing was touched");
  await press(other, "I looked at it");
  await other.getByText(/Nothing was touched \(by deputy/).waitFor();
  await other.close();

  await page.goto(`${dashboard.site}/settings/limits`);
  await press(page, "Runs at the same time");
  await page.getByLabel("At most").fill("100");
  await press(page, "Save");
  await page.getByText("0 of 100").waitFor();

  await page.goto(`${dashboard.site}/settings/budgets?show=new+steps`);
  await page.getByLabel("Name").fill("team");
  await page.getByLabel("Of what").selectOption("money");
  await page.getByLabel("How much").fill("500");
  await page.getByRole("dialog").getByText("gantry budget set team --money 500EUR --per month").waitFor();
  await press(page, "Set budget");
  await page.getByText("0.00 EUR of 500.00 EUR").waitFor();

  await page.goto(`${dashboard.site}/settings/projects`);
  await press(page, "Approvals in prod");
  await page.getByLabel("Approvers").selectOption("yes");
  await page.getByLabel("Group that approves").fill("data");
  await page.getByLabel("How many of them").fill("2");
  await page.getByLabel("Second factor").selectOption("yes");
  await page.getByLabel("When nobody decides").selectOption("yes");
  await page.getByLabel("Group", { exact: true }).fill("on-call");
  await page.getByRole("dialog").getByText("--approvers data:2").waitFor();
  await picture(page, "environment-approvals");
  await press(page, "Save");
  await page.getByText("Nobody is in the group data, of which 2 must approve: no change can be approved.").waitFor();
  await page.getByText("Nobody is in the group on-call: nobody is told when nobody decides.").waitFor();
  await press(page, "Not now");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await client.approvals.settings({ environment: "prod" })).toMatchObject({
    mfa: true,
    escalation: { afterMinutes: 60, group: "on-call" },
    approvers: { group: "data", count: 2 },
  });

  await page.goto(`${dashboard.site}/queue?tab=stops`);
  await press(page, "Freeze");
  await page.getByLabel("Reason").fill("Weekend");
  await page.getByLabel("Again and again").check();
  await picture(page, "freeze-recurring");
  await page.getByRole("dialog").getByRole("button", { name: "Freeze" }).click();
  await page.getByText(/again and again: 0 18 \* \* 5 \(Europe\/Berlin\)/).waitFor();
  await page.close();
});

test("a run is held, a person and an organization are erased, and each leaves a receipt", async () => {
  const { client, api } = dashboard;
  const { id: run } = await client.runs.create({ runbook: "test.look", environment: "dev", goal: "Look around" });
  await api.engine.reaches(run, "succeeded");
  const governor = await dashboard.visitor("keeper@example.com", { roles: ["owner"] });
  await dashboard.visitor("forgotten@example.com", { roles: ["viewer"] });
  const page = await governor.open("/settings/retention");
  await press(page, "Hold a run");
  await page.getByLabel("Id of the run").fill(run);
  await page.getByLabel("Why").fill("A lawsuit");
  await press(page, "Hold it");
  await page.getByRole("cell", { name: "A lawsuit" }).waitFor();
  await picture(page, "settings-retention-held");

  await page.goto(`${dashboard.site}/settings/people`);
  await page.getByRole("button", { name: "forgotten" }).click();
  await press(page, "Erase their data");
  await page.getByLabel("Type forgotten to go on").fill("forgotten");
  await page.getByLabel("Why").fill("Asked for it");
  const sure = page.getByRole("dialog", { name: /^Erase forgotten/ });
  await sure.getByRole("button", { name: "Erase their data" }).click();
  const token = (await page.getByRole("status", { name: "Receipt of the erasure" }).textContent()) ?? "";
  expect(await client.personErasures.get(token)).toMatchObject({ pseudonym: expect.stringContaining("erased-") });
  await page.goto(`${dashboard.site}/settings/organization`);
  await page.getByRole("button", { name: /^erased-/ }).waitFor();
  await page.getByLabel("Name").fill("Our shop");
  await press(page, "Rename");
  await page.getByText("It has this name now.").waitFor();
  await picture(page, "settings-organization");

  // Of another organization that they belong to, as this one is the installation's first.
  const { org } = await api.addTenant("second");
  await api.engine.admin.query(
    `WITH a AS (INSERT INTO actors (id, org, kind, name, person)
       SELECT gen_random_uuid(), $1, 'user', 'keeper', id FROM auth."user" WHERE email = $2 RETURNING id)
     INSERT INTO role_bindings (org, id, role, actor) SELECT $1, gen_random_uuid(), 'owner', a.id FROM a`,
    [org, governor.email],
  );
  await page.reload();
  await page.getByRole("combobox", { name: "Organization", exact: true }).selectOption({ label: "second" });
  await page.waitForURL(`${dashboard.site}/`);
  await page.goto(`${dashboard.site}/settings/organization`);
  await press(page, "Erase this organization");
  await page.getByLabel("Type second to go on").fill("second");
  const really = page.getByRole("dialog", { name: /^Erase second/ });
  await really.getByRole("button", { name: "Erase this organization" }).click();
  const receipt = (await page.getByRole("status", { name: "Receipt of the erasure" }).textContent()) ?? "";
  expect(await client.erasures.get(receipt)).toMatchObject({ organization: { id: org, name: "second" } });
  await page.context().close();
});
