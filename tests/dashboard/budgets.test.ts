import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  startTestDashboard,
  type TestDashboard,
} from "../support/browser.ts";
import { startModelServer, type ModelServer } from "../support/models/server.ts";

let dashboard: TestDashboard;
let server: ModelServer;

beforeAll(async () => {
  [dashboard, server] = await Promise.all([startTestDashboard(), startModelServer({ text: "ready" })]);
  const settings = {
    provider: "compatible",
    url: `${server.url}/v1`,
    models: "house",
    priceInput: "1",
    priceOutput: "2",
  };
  await dashboard.client.connections.put("house", { kind: "model", settings, secrets: {} });
});
afterAll(async () => {
  await dashboard[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

test("a budget of models is made, says when it stops everything, is raised, and removed", async () => {
  const { client } = dashboard;
  const owner = await dashboard.visitor("owner@example.com", { roles: ["owner"] });
  const page = await owner.open("/settings/budgets");
  await page.getByText("No budget bounds what models cost.").waitFor();
  await page.getByRole("button", { name: "New budget" }).first().click();
  await page.getByLabel("Name").fill("minds");
  expect(await page.getByLabel("Of what").locator("option").allTextContents()).toEqual(["money", "tokens", "requests"]);
  await page.getByLabel("Of what").selectOption("requests");
  await page.getByLabel("How much").fill("1");
  await page.getByLabel("Project").selectOption("default");
  await page
    .getByRole("dialog")
    .getByText("gantry budget set minds --models --requests 1 --project default --per month")
    .waitFor();
  await page.getByLabel("Project").selectOption("");
  await press(page, "Set budget");
  await page.getByText("0 requests of 1 request").waitFor();
  expect((await client.budgets.list()).items).toMatchObject([{ covers: "models", project: null, period: "month" }]);

  await client.budgets.set("writer", {
    covers: "models",
    measure: "money",
    currency: "USD",
    amount: 5_000,
    agent: "writer",
    period: "day",
  });
  await client.budgets.set("each", { covers: "models", measure: "tokens", amount: 200_000, eachRun: true });
  expect(await client.models.test()).toMatchObject({ outcome: "answered" });
  expect(await client.models.test()).toMatchObject({ outcome: "failed", error: { code: "budget_exhausted" } });
  await page.reload();
  await page
    .getByRole("alert")
    .getByText(/^minds is used up: calls to models that it covers are refused until the first/)
    .waitFor();
  await page
    .getByRole("row", { name: /^minds/ })
    .getByText("used up")
    .waitFor();
  await page
    .getByRole("row", { name: /^writer/ })
    .getByText("agent writer")
    .waitFor();
  await expectAccessible(page);
  await picture(page, "settings-budgets");

  await press(page, "minds");
  await press(page, "Change");
  await page.getByLabel("How much").fill("10");
  await press(page, "Save");
  await page.getByText("1 request of 10 requests").waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
  expect(await client.models.test()).toMatchObject({ outcome: "answered" });
  await press(page, "each");
  await page.getByText("What is shown is of the run that used most.").waitFor();
  await press(page, "Remove");
  await page.getByRole("dialog", { name: "Remove the budget each?" }).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("row", { name: /^each/ }).waitFor({ state: "detached" });
  await page.close();

  const phone = await owner.open("/settings/budgets?show=writer", { size: "phone", scheme: "dark" });
  await phone.getByRole("dialog").getByText("every day (UTC)").waitFor();
  await expectAccessible(phone);
  await expectNoSidewaysScroll(phone);
  await picture(phone, "settings-budget");
  await phone.goto(`${dashboard.site}/settings/budgets`);
  await phone.getByRole("row", { name: /^writer/ }).waitFor();
  await expectNoSidewaysScroll(phone);
  await picture(phone, "settings-budgets");
  await phone.close();

  const viewer = await dashboard.visitor("viewer@example.com", { roles: ["viewer"] });
  const other = await viewer.open("/settings/budgets?show=minds");
  await other.getByRole("dialog").getByText("Begins anew").waitFor();
  expect(await other.getByRole("button", { name: /New budget|Change|Remove/ }).count()).toBe(0);
  await other.close();
});
