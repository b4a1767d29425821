import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestDashboard, type TestDashboard, type Visitor } from "../support/browser.ts";

let dashboard: TestDashboard;
let operator: Visitor;

beforeAll(async () => {
  dashboard = await startTestDashboard();
  operator = await dashboard.visitor("operator@example.com", { roles: ["operator"] });
});
afterAll(() => dashboard[Symbol.asyncDispose]());

test("whoever isn't signed in is led to the sign-in, and from there to where they wanted to go", async () => {
  const page = await dashboard.browser.newPage();
  const asked: string[] = [];
  page.on("request", (request) => void asked.push(new URL(request.url()).pathname));
  await page.goto(`${dashboard.site}/?from=mail`);
  await page.waitForURL(/\/sign-in\?next=/);
  expect(new URL(page.url()).searchParams.get("next")).toBe("/?from=mail");
  expect(asked.filter((path) => path.startsWith("/api/"))).toEqual([]);
  await page.close();
});

test("what happens is on the screen without asking again", async () => {
  const page = await operator.open("/");
  await page.getByText("Live", { exact: true }).waitFor();
  const { id } = await dashboard.client.runs.create({
    runbook: "test.change",
    parameters: { to: "x" },
    environment: "dev",
    goal: "Shown at once",
  });
  await page.getByText("Shown at once").waitFor();
  expect(id).toBeTruthy();
  await page.close();
});

test("the palette opens by keyboard and leads to places and looks", async () => {
  const page = await operator.open("/");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search and commands" }).fill("dark");
  await page.keyboard.press("Enter");
  expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
  await page.reload();
  expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
  await page.close();
});

test("an address that leads nowhere says so, and one of the API answers as the API does", async () => {
  const page = await operator.open("/no/such/place");
  await page.getByText("There is nothing at this address").waitFor();
  await page.close();
  const answer = await fetch(`${dashboard.site}/api/v1/no/such/place`, { headers: { accept: "text/html" } });
  expect(answer.status).toBe(404);
  expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
});
