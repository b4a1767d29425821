import { afterAll, beforeAll, expect, test } from "vitest";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  startTestDashboard,
  type TestDashboard,
  type Visitor,
} from "../support/browser.ts";

let dashboard: TestDashboard;
let operator: Visitor;
let viewer: Visitor;
const ids: string[] = [];
const many = 10_000;

beforeAll(async () => {
  dashboard = await startTestDashboard();
  const { api, client } = dashboard;
  operator = await dashboard.visitor("operator@example.com", { roles: ["operator"] });
  viewer = await dashboard.visitor("viewer@example.com", { roles: ["viewer"] });
  for (const to of ["blue", "green", "red"])
    ids.push(
      (
        await client.runs.create({
          runbook: "test.swap",
          parameters: { to },
          environment: "staging",
          goal: `Paint it ${to}`,
        })
      ).id,
    );
  // Runs of long ago, as rows: to go through as many with a worker would take minutes.
  await api.engine.admin.query(
    `INSERT INTO runs (id, org, project, environment, actor, actor_kind, actor_name, goal, runbook, plan_digest, engine_version, status,
        seq, created_at, updated_at, finished_at)
      SELECT gen_random_uuid(), org, project, CASE WHEN n % 3 = 0 THEN 'dev' ELSE 'staging' END, actor, actor_kind, actor_name,
        'Roll out release ' || n, runbook, plan_digest, engine_version, CASE WHEN n % 500 = 0 THEN 'failed' ELSE 'succeeded' END, seq,
        now() - n * interval '7 minutes', now(), now() - n * interval '7 minutes' + interval '83 seconds'
      FROM runs, generate_series(1, ${many}) n WHERE id = $1`,
    [ids[0]],
  );
});
afterAll(() => dashboard[Symbol.asyncDispose]());

const rows = 'document.querySelectorAll("[data-index]").length';

test("a list of 10,000 runs has only what is seen in the page, goes on as one scrolls, and filters on the server", async () => {
  const page = await operator.open("/runs");
  await page.getByText("Paint it red").waitFor();
  expect(await page.evaluate(rows)).toBeLessThan(80);
  await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
  await page.getByText(/The first 200 runs/).waitFor();
  await page.getByRole("button", { name: "State" }).click();
  await page.getByRole("checkbox", { name: "failed", exact: true }).check();
  await page.getByText("20 runs, that is all.").waitFor();
  expect(new URL(page.url()).search).toBe("?status=failed");
  await page.keyboard.press("Escape");
  await page.getByRole("searchbox", { name: "Goal or id" }).fill("release 1000");
  await page.getByText("2 runs, that is all.").waitFor();
  await page.reload();
  await page.getByText("2 runs, that is all.").waitFor();
  await page.getByRole("columnheader", { name: "Created" }).getByRole("button").click();
  await page.waitForURL(/sort=created/);
  await page.getByText(`Roll out release ${many}`).waitFor();
  await page.close();
});

test("what happens to a run is in its row without asking for all of them again, and a new run comes in on top", async () => {
  const page = await operator.open("/runs?text=paint");
  await page.getByText("3 runs, that is all.").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  ids.push(
    (await dashboard.client.runs.create({ runbook: "test.look", environment: "dev", goal: "Paint it later" })).id,
  );
  await page.getByText("4 runs, that is all.").waitFor();
  await dashboard.api.engine.startWorker();
  await page.getByRole("row").filter({ hasText: "Paint it later" }).getByText("succeeded").waitFor();
  expect(await page.getByRole("row").filter({ hasText: "Paint it later" }).count()).toBe(1);
  await page.close();
});

test("several runs are canceled together: the list is frozen, shown, confirmed by its count, and each run answers", async () => {
  for (const id of ids.slice(0, 3)) await dashboard.api.engine.reaches(id, "waiting_for_approval");
  const page = await operator.open("/runs?text=paint");
  await page.getByRole("checkbox", { name: "Select Paint it red" }).check();
  await page.getByRole("checkbox", { name: "Select Paint it blue" }).click({ modifiers: ["Shift"] });
  await page.getByText("3 runs selected").waitFor();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByRole("button", { name: "Freeze the list" }).click();
  await page.getByText("Cancel: 3 runs").waitFor();
  await expectAccessible(page);
  await picture(page, "runs-bulk");
  const confirm = page.getByRole("button", { name: "Cancel 3 runs" });
  expect(await confirm.isDisabled()).toBe(true);
  await page.getByLabel("Type 3 to confirm").fill("3");
  await confirm.click();
  await page.getByText("3 done · 0 refused · 0 pending").waitFor();
  await picture(page, "runs-bulk-done");
  for (const id of ids.slice(0, 3)) expect((await dashboard.client.runs.get(id)).status).toBe("canceled");
  await page.close();
});

test("filters are kept under a name by the server, and found again in another browser", async () => {
  const page = await operator.open("/runs?status=failed&environment=staging");
  await page.getByRole("button", { name: "Saved searches" }).click();
  await page.getByLabel("Name of this search").fill("Broken on staging");
  await page.getByRole("button", { name: "Save this search" }).click();
  await page.getByRole("button", { name: "Broken on staging", exact: true }).waitFor();
  await page.close();
  const other = await operator.open("/runs", { size: "phone" });
  await other.getByRole("button", { name: "Saved searches" }).click();
  await other.getByRole("button", { name: "Broken on staging", exact: true }).click();
  await other.waitForURL(/status=failed&environment=staging/);
  await expect.poll(() => other.getByRole("row").filter({ hasText: "Paint it red" }).count()).toBe(0);
  await other.close();
});

test("rows are reached, selected and opened by keyboard; who may only look is offered nothing to do", async () => {
  const page = await viewer.open("/runs?text=paint");
  await page.locator('[data-index="0"]').focus();
  await page.keyboard.press("ArrowDown");
  await page.locator('[data-index="1"]:focus').waitFor();
  await page.keyboard.press("Space");
  await page.keyboard.press("Shift+ArrowDown");
  await page.getByText("2 runs selected").waitFor();
  expect(await page.getByRole("button", { name: "Cancel", exact: true }).count()).toBe(0);
  await page.getByRole("link", { name: "Compare" }).click();
  await page.getByRole("heading", { name: "Parameters" }).waitFor();
  await expectAccessible(page);
  await picture(page, "compare");
  await page.close();
});

test("list and comparison are accessible and fit, in light and dark, on a desk and on a phone", async () => {
  const [a, b] = ids;
  for (const [size, scheme] of [
    ["desktop", "dark"],
    ["phone", "light"],
  ] as const) {
    const page = await operator.open("/runs", { size, scheme });
    await page.getByText("Paint it red").waitFor();
    await expectNoSidewaysScroll(page);
    await picture(page, `runs-${scheme}`);
    await page.goto(`${dashboard.site}/compare?a=${a ?? ""}&b=${b ?? ""}`);
    await page.getByRole("heading", { name: "Parameters" }).waitFor();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await picture(page, `compare-${scheme}`);
    await page.close();
  }
});
