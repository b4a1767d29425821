import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findServicePort } from "../../agents/deployment/src/testing/service-port.ts";
import { createRepository, type Repository } from "../../examples/demo/repository.ts";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  joinAs,
  openVisits,
  picture,
  type Visits,
} from "../support/browser.ts";
import { createInstallation, type Installation } from "../support/installation.ts";

/** The platform as it is started, with its real tools: a service is built, started, probed and given the traffic on this machine. */
let gantry: Installation;
let visits: Visits;
let repository: Repository;
let port: number;
/** At a desk. */
let requester: Page;
/** On a phone. */
let approver: Page;
/** What the requester's page asked of the server. */
const asked: string[] = [];

beforeAll(async () => {
  gantry = await createInstallation({ GANTRY_AGENTS: "@gantry/agent-deployment" });
  const [{ said }, free] = await Promise.all([gantry.start("all"), findServicePort()]);
  port = free;
  repository = createRepository(gantry.file("greeter"));
  repository.release({ version: "1.0.0" });
  visits = await openVisits(gantry.url, () => Promise.reject(new Error("Nobody joins here but by the browser.")));
  requester = await visits.openLink(said.link ?? "");
  requester.on("request", (request) => asked.push(request.url()));
});

afterAll(async () => {
  await visits[Symbol.asyncDispose]();
  await gantry[Symbol.asyncDispose]();
});

test("a goal in words is planned, approved by a second person on a phone, followed live by both, and undone by a button", async () => {
  await joinAs(requester, "Requester", "requester@example.com");
  await requester.waitForURL(/\/onboarding$/);
  await requester.getByRole("button", { name: "Invite" }).click();
  const invitation = (await requester.locator("code", { hasText: "/accept-invitation" }).textContent()) ?? "";

  const run = await askFor("Deploy greeter");
  expect(await answerOfService()).toBe(null);
  await state(requester, "waiting for approval").waitFor();
  await requester.evaluate(mark);

  // What the last events made it ask for has been asked.
  let before = -1;
  while (before !== asked.length) {
    before = asked.length;
    await requester.evaluate("new Promise((done) => setTimeout(done, 2_000))");
  }
  // Somebody joins, finds it and reads it meanwhile; nothing happens to the run, so whoever watches it asks for nothing.
  approver = await visits.openLink(invitation, { size: "phone" });
  await joinAs(approver, "Approver");
  await approver
    .getByRole("region", { name: "Needs you" })
    .getByRole("link", { name: /Deploy greeter/ })
    .click();
  await approver.getByRole("heading", { name: /Requester wants to change staging: Deploy greeter/ }).waitFor();
  await approver.getByText(/Give the traffic of greeter/).waitFor();
  expect(asked.slice(before)).toEqual([]);
  await expectNoSidewaysScroll(approver);
  await expectAccessible(approver);
  await picture(approver, "journey-card");
  await approve();
  await Promise.all([requester, approver].map((page) => state(page, "succeeded").waitFor()));
  expect(await answerOfService()).toEqual({ greeting: "Hello from version 1.0.0" });
  await picture(requester, "journey-done");

  await requester.getByRole("button", { name: "Undo", exact: true }).click();
  const dialog = requester.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("It was a try");
  await dialog.getByRole("button", { name: "Undo", exact: true }).click();
  await approver.goto(`${visits.site}/approvals/${run}`);
  await approver.getByRole("heading", { name: /wants to undo in staging/ }).waitFor();
  await approve();
  await Promise.all([requester, approver].map((page) => state(page, "undone").waitFor()));
  expect(await answerOfService()).toBe(null);
  // What was seen came by itself: it is the page that was opened in the beginning.
  expect(await requester.evaluate("window.opened")).toBe(true);
  await picture(requester, "journey-undone");
});

test("a change that fails its verification is undone by itself, and both see why", async () => {
  const server = join(repository.path, "server.js");
  const wrong = readFileSync(server, "utf8").replace("{ version: release.version, commit }", '{ commit: "another" }');
  writeFileSync(server, wrong);
  repository.release({ version: "2.0.0" });
  const run = await askFor("Deploy greeter, the second version");
  await state(requester, "waiting for approval").waitFor();
  await requester.evaluate(mark);
  await approver.goto(`${visits.site}/approvals/${run}`);
  await approve();
  for (const page of [requester, approver]) {
    await state(page, "undone").waitFor();
    await page.getByRole("region", { name: "What went wrong" }).getByText("another").first().waitFor();
    await expectNoSidewaysScroll(page);
    await picture(page, "journey-failed");
  }
  expect(await requester.evaluate("window.opened")).toBe(true);
  expect(await answerOfService()).toBe(null);
  const { items } = await gantry.client.runs.list();
  expect(items.map(({ status }) => status)).toEqual(["undone", "undone"]);
});

/** Says it in words, looks at how it was understood and at the plan, and lets it run; the page is then the run's. */
async function askFor(goal: string): Promise<string> {
  await requester.goto(`${visits.site}/compose`);
  await requester
    .getByRole("textbox", { name: "What shall be done?" })
    .fill(`${goal} from ${repository.path} to staging on port ${port}`);
  await requester.getByRole("button", { name: "Show how it is understood" }).click();
  await requester.getByText("will need approval").waitFor();
  await picture(requester, "journey-plan");
  await requester.getByRole("button", { name: "Run it" }).click();
  await requester.waitForURL(/\/runs\/[0-9a-f-]{36}/);
  return new URL(requester.url()).pathname.split("/")[2] ?? "";
}

/** On the card; from there it goes on to the run. */
async function approve(): Promise<void> {
  await approver.getByRole("button", { name: "Approve", exact: true }).click();
  await approver.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  await approver.getByText(/^This was approved/).waitFor();
  await approver.getByRole("link", { name: "Watch it" }).click();
  await approver.waitForURL(/\/runs\//);
}

/** Where the head of a run's page says that it is. */
function state(page: Page, word: string) {
  return page.locator("main header").first().getByText(word, { exact: true });
}

/** Known again as long as it isn't loaded anew. */
const mark = "window.opened = true";

/** What the service says to its clients; null while nothing serves them. */
async function answerOfService(): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
  return answer?.ok === true ? answer.json() : null;
}
