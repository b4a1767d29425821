import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryTools } from "../support/api.ts";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  startTestDashboard,
  type TestDashboard,
  type Visitor,
} from "../support/browser.ts";

const gate = Promise.withResolvers<null>();
const slow = { name: "test.look", run: () => gate.promise };
let dashboard: TestDashboard;
let owner: Visitor;
let viewer: Visitor;

beforeAll(async () => {
  dashboard = await startTestDashboard({ tools: [slow, ...memoryTools.filter(({ name }) => name !== "test.look")] });
  owner = await dashboard.visitor("owner@example.com", { roles: ["owner"], groups: ["approvers"] });
  viewer = await dashboard.visitor("viewer@example.com", { roles: ["viewer"] });
  const { client, api } = dashboard;
  const tools = [
    { name: "git", version: "git version 2.39.5", problem: null },
    { name: "terraform", version: null, problem: "not found" },
  ] as const;
  await api.engine.startWorker({ config: { tools } });
  const look = await client.runs.create({ runbook: "test.look", environment: "dev", goal: "Look around slowly" });
  const change = { runbook: "test.change", parameters: { to: "blue" }, environment: "prod" };
  const { id } = await client.runs.create({ ...change, goal: "Make production blue" });
  const done = await client.runs.create({ ...change, environment: "dev", goal: "Make development blue" });
  await api.engine.reaches(id, "waiting_for_approval");
  await api.engine.reaches(look.id, "running");
  await api.engine.reaches(done.id, "succeeded");
});
afterAll(async () => {
  gate.resolve(null);
  await dashboard[Symbol.asyncDispose]();
});

test("the start page shows what needs somebody, what runs, how the platform does and how it went, on every width", async () => {
  for (const [size, scheme] of [
    ["desktop", "light"],
    ["desktop", "dark"],
    ["phone", "light"],
  ] as const) {
    const page = await owner.open("/", { size, scheme });
    const needed = page.getByRole("region", { name: "Needs you" });
    await needed.getByText("Make production blue").waitFor();
    await page.getByRole("region", { name: "Running now" }).getByText("Look around slowly").waitFor();
    await page
      .getByRole("region", { name: "The platform" })
      .getByText(/^1 worker, /)
      .waitFor();
    await page.getByRole("img", { name: /The part of runs that succeeded/ }).waitFor();
    await page.locator(".uplot").nth(1).waitFor();
    await page.getByText("As a table").first().click();
    await page.getByRole("cell", { name: "100 %" }).waitFor();
    expect(await page.locator(".uplot").count()).toBe(2);
    if (size === "desktop" && scheme === "dark") await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await picture(page, `home-${scheme}`);
    await page.close();
  }
});

test("the queue says which step runs where, and who can end a wait; the address holds what is shown", async () => {
  const page = await owner.open("/queue");
  await page.getByText("attempt 1 on").waitFor();
  await page.getByText("Can end it: 1 of approvers").waitFor();
  await picture(page, "queue");
  await page.getByLabel("Waiting for").selectOption("approval");
  await page.waitForURL(/on=approval/);
  await page.getByText("Look around slowly").waitFor({ state: "detached" });
  expect(await page.getByText("Make production blue").count()).toBe(1);
  await page.close();
  const odd = await owner.open("/queue?group=nonsense&tab=7", { size: "phone", scheme: "dark" });
  await odd.getByText("Look around slowly").waitFor();
  await expectNoSidewaysScroll(odd);
  await picture(odd, "queue-dark");
  await odd.close();
});

test("a worker shows its heart, its load and what its host has, and says when it was drained; who doesn't act for the installation can't", async () => {
  const page = await owner.open("/queue?tab=workers");
  const [worker] = (await dashboard.client.workers.list()).items;
  const id = worker?.id ?? "";
  await page.getByText("works", { exact: true }).waitFor();
  expect(await page.getByText("Drain", { exact: true }).count()).toBe(0);
  const tools = page.getByRole("list", { name: "What its host has for tools" });
  expect(await tools.getByRole("listitem").allTextContents()).toEqual([
    "git: git version 2.39.5",
    "terraform: not found",
  ]);
  await picture(page, "workers");
  const doctor = await owner.open("/doctor");
  await doctor.getByText("git version 2.39.5", { exact: true }).waitFor();
  await doctor.getByText("not found; runbooks that use Terraform fail, everything else works").waitFor();
  await doctor.close();
  await dashboard.client.workers.drain(id);
  await page.getByRole("button", { name: "Read again" }).click();
  await page.getByText("drained", { exact: true }).waitFor();
  await dashboard.client.workers.resume(id);
  await page.close();
  const seen = await viewer.open("/queue?tab=workers", { size: "phone" });
  await seen.getByText("works", { exact: true }).waitFor();
  await expectNoSidewaysScroll(seen);
  await picture(seen, "workers");
  await seen.close();
});

test("the kill switch and a freeze are set with a reason, seen on the start page, and ended", async () => {
  const page = await owner.open("/queue?tab=stops");
  await page.getByRole("button", { name: "Stop everything" }).click();
  const dialog = page.getByRole("dialog");
  expect(await dialog.getByRole("button", { name: "Stop everything" }).isDisabled()).toBe(true);
  await dialog.getByLabel("Reason").fill("Incident 7");
  await dialog.getByRole("button", { name: "Stop everything" }).click();
  await page.getByText("Incident 7").waitFor();
  await page.getByRole("button", { name: "Freeze", exact: true }).click();
  await dialog.getByLabel("Reason").fill("Weekend");
  await dialog.getByLabel("From (UTC)").fill("soon");
  await dialog.getByText("Write it like").waitFor();
  await dialog.getByLabel("From (UTC)").fill("2030-01-01 18:00");
  await dialog.getByLabel("Project").selectOption("default");
  await dialog.getByLabel("Environment").selectOption("prod");
  await dialog.getByRole("button", { name: "Freeze", exact: true }).click();
  const frozen = page.getByRole("region", { name: "Freezes" }).getByText("default / prod: Weekend");
  await frozen.waitFor();
  await expectAccessible(page);
  await picture(page, "stops");
  const home = await viewer.open("/");
  await home.getByText(/The kill switch is on.*Incident 7/).waitFor();
  await home.close();
  await page.getByRole("button", { name: "End", exact: true }).click();
  await dialog.getByRole("button", { name: "End", exact: true }).click();
  await frozen.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Let work go on" }).click();
  await dialog.getByRole("button", { name: "Let work go on" }).click();
  await page.getByText("Off: work goes on.").waitFor();
  await page.close();
});
