import type { Page } from "playwright-core";
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

beforeAll(async () => {
  dashboard = await startTestDashboard();
  await dashboard.api.engine.startWorker();
  operator = await dashboard.visitor("operator@example.com", { roles: ["operator"] });
});
afterAll(() => dashboard[Symbol.asyncDispose]());

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const field = (page: Page, name: string | RegExp) => page.getByRole("textbox", { name });
const startedRun = async (page: Page) => {
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
  return dashboard.client.runs.get(/[0-9a-f-]{36}/.exec(page.url())?.[0] ?? "");
};

test("a sentence is understood, asks for what is missing, shows its plan and runs", async () => {
  const page = await operator.open("/compose");
  await field(page, "What shall be done?").fill("change something in dev");
  await button(page, "Show how it is understood").click();
  await page.getByRole("heading", { name: "What is missing" }).waitFor();
  await expectAccessible(page);
  await picture(page, "compose-missing");
  await field(page, "To").fill("blue");
  await page.reload();
  expect(await field(page, "What shall be done?").inputValue()).toBe("change something in dev");
  await button(page, "Show how it is understood").click();
  await button(page, "Run it").waitFor();
  await expectAccessible(page);
  await picture(page, "compose-plan");
  await field(page, "What shall be done?").fill("change something in dev, now");
  await page.getByText("You changed something since").waitFor();
  expect(await button(page, "Run it").isDisabled()).toBe(true);
  await button(page, "Show how it is understood").click();
  await button(page, "Run it").click();
  expect(await startedRun(page)).toMatchObject({
    runbook: "test.change",
    environment: "dev",
    goal: "change something in dev, now",
    dryRun: false,
  });
  await page.close();
});

test("a runbook's form says what is missing, keeps what was typed, and makes a dry run of it", async () => {
  const page = await operator.open("/compose?runbook=test.swap");
  await button(page, "Show the plan").click();
  await page.getByText("Something isn't filled in yet").waitFor();
  await expectAccessible(page);
  await field(page, "To").fill("green");
  await field(page, /^Size/).fill("many");
  await page.getByText("This must be a number.").waitFor();
  await page.getByRole("link", { name: /test\.swap/ }).click();
  await page.getByRole("heading", { level: 1, name: "Look, swap, and look again" }).waitFor();
  await page.goBack();
  expect(await field(page, "To").inputValue()).toBe("green");
  expect(await field(page, /^Size/).inputValue()).toBe("many");
  await field(page, /^Size/).fill("2");
  await page.getByRole("combobox", { name: "Environment" }).selectOption("dev");
  await button(page, "Show the plan").click();
  await page.getByText("npx gantry run test.swap -e dev -p to=green -p size=2").waitFor();
  await button(page, "Dry run").click();
  const run = await startedRun(page);
  expect(run).toMatchObject({ runbook: "test.swap", dryRun: true });
  expect((await dashboard.client.runs.plan(run.id)).parameters).toEqual({ to: "green", size: 2 });
  await page.close();
});

test("what was composed starts by itself once it is saved; errors stand at their fields", async () => {
  const page = await operator.open("/compose?runbook=test.look");
  await page.getByRole("combobox", { name: "Environment" }).selectOption("dev");
  await button(page, "Show the plan").click();
  await button(page, "Save as a schedule or trigger …").click();
  await field(page, "Name").fill("Not a name");
  await field(page, /^When/).fill("at noon");
  await button(page, "Save").click();
  await page
    .getByText(/must be a lower-case letter/)
    .first()
    .waitFor();
  await field(page, "Name").fill("nightly");
  await button(page, "Save").click();
  await page.getByRole("alert").filter({ hasText: "trigger_invalid" }).waitFor();
  await expectAccessible(page);
  await field(page, /^When/).fill("0 6 * * *");
  await page.getByText("Only if, and values from what happened").click();
  await field(page, "Only if").fill("occurrence.at != ''");
  await button(page, "Save").click();
  await page.getByRole("heading", { level: 1, name: "nightly" }).waitFor();
  await page.getByText("occurrence.at != ''").waitFor();
  await button(page, "Fire it now").click();
  await page.getByRole("link", { name: /^Run [0-9a-f]{8}/ }).waitFor();
  await button(page, "Pause").click();
  await button(page, "Resume").waitFor();
  await button(page, "Edit …").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Only if").fill("payload.");
  await dialog.getByRole("button", { name: "Add a line" }).click();
  await dialog.getByLabel("Parameter 1").fill("at");
  await dialog.getByLabel("Expression 1").fill("payload.ref");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("alert").filter({ hasText: "trigger_invalid" }).waitFor();
  await expectAccessible(page);
  await dialog.getByLabel("Only if").fill("payload.ref == 'main'");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("payload.ref == 'main'").waitFor();
  await page.getByText("at = payload.ref").waitFor();
  await expectAccessible(page);
  await picture(page, "trigger");
  await button(page, "Remove …").click();
  await button(page, "Remove").click();
  await page.getByText("Nothing starts by itself yet.").waitFor();
  expect((await dashboard.client.triggers.list()).items).toEqual([]);
  await page.close();
});

test("a plan is drawn as a graph, and as a list where there is little room, which fits in the dark on a phone", async () => {
  for (const [size, scheme] of [
    ["desktop", "light"],
    ["phone", "dark"],
  ] as const) {
    const page = await operator.open("/compose?runbook=test.swap", { size, scheme });
    await field(page, "To").fill("green");
    await page.getByRole("combobox", { name: "Environment" }).selectOption("dev");
    await button(page, "Show the plan").click();
    if (size === "desktop") {
      const graph = page.getByRole("figure", { name: "Steps of the plan" });
      await graph.getByText("test.swap").first().waitFor();
      await graph.getByRole("row", { name: "after reads test.look swap" }).waitFor();
    } else await page.getByRole("list", { name: "Steps of the plan" }).getByText("test.swap").waitFor();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await picture(page, "compose-form-plan");
    await page.close();
  }
});

test("who may only look finds nothing to start", async () => {
  const viewer = await dashboard.visitor("viewer@example.com", { roles: ["viewer"] });
  const page = await viewer.open("/runbooks/test.look");
  await page.getByRole("heading", { name: "Versions" }).waitFor();
  expect(await page.getByRole("link", { name: "Run it" }).count()).toBe(0);
  await page.close();
});
