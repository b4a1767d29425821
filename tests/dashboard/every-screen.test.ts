import { afterAll, beforeAll, expect, test } from "vitest";
import type { Role } from "@gantry/sdk/api";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  startTestDashboard,
  type TestDashboard,
  type Visitor,
} from "../support/browser.ts";
import { controlsOf, goTo, hasStrayed, namesOf, screensOf, useControl } from "./crawl.ts";
import { fillDashboard } from "./fill.ts";

let dashboard: TestDashboard;
let owner: Visitor;
/** All that an owner can get to. */
let screens: string[] = [];

beforeAll(async () => {
  dashboard = await startTestDashboard();
  await fillDashboard(dashboard);
  owner = await dashboard.visitor("owner@example.com", { roles: ["owner"], groups: ["approvers"] });
  const { people } = dashboard.client;
  const { id = "" } = (await people.list()).items.find(({ email }) => email === owner.email) ?? {};
  await people.administer(id, "Sees what concerns the installation, too");
  screens = await screensOf(await owner.open("/"));
});
afterAll(() => dashboard[Symbol.asyncDispose]());

test("all of the dashboard can be reached from its start page by links", () => {
  const places = screens.map((path) => new URL(path, dashboard.site).pathname.split("/")[1] ?? "");
  const wanted = ["", "approvals", "agents", "compose", "doctor", "queue", "runbooks", "runs", "settings", "triggers"];
  expect(places).toEqual(expect.arrayContaining(wanted));
});

test.each([
  ["desktop", "light"],
  ["phone", "dark"],
] as const)("every screen is accessible and fits (%s, %s)", async (size, scheme) => {
  const page = await owner.open("/", { size, scheme });
  for (const path of screens) {
    await goTo(page, path);
    await picture(page, `screen${nameOf(path)}`);
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  }
});

test("the main screens fit a tablet", async () => {
  const page = await owner.open("/", { size: "tablet" });
  for (const path of [
    "/",
    "/approvals",
    "/queue",
    "/compose",
    "/runs",
    "/runbooks",
    "/agents",
    "/triggers",
    "/settings",
  ]) {
    await goTo(page, path);
    await expectNoSidewaysScroll(page);
    await picture(page, `screen${nameOf(path)}`);
  }
  const run = screens.find((path) => /^\/runs\/./.test(path)) ?? "";
  for (const tab of ["steps", "timeline", "changes", "log", "events", "artifacts"]) {
    await goTo(page, `${run}?tab=${tab}`);
    await expectNoSidewaysScroll(page);
  }
});

/** Kinds of controls that were used: whoever may more uses only what those before weren't offered. */
const known = new Set<string>();

test.each(["viewer", "operator", "owner"] as const satisfies Role[])(
  "every control that a %s is offered does something, and nothing that they may not",
  async (role) => {
    const visitor = await dashboard.visitor(`crawling-${role}@example.com`, { roles: [role] });
    const page = await visitor.open("/");
    const reached = role === "owner" ? screens : await screensOf(page);
    const dead: string[] = [];
    const refused: string[] = [];
    let now = "";
    page.on("response", (answer) => {
      if (answer.status() === 403 || answer.status() >= 500)
        refused.push(`${now}: ${answer.status()} ${answer.request().method()} ${answer.url()}`);
    });
    for (const path of reached) {
      await goTo(page, path);
      const before = await namesOf(page);
      for (const control of await controlsOf(page, known)) {
        now = `${path}: ${control}`;
        if (!(await useControl(page, control))) dead.push(now);
        // The next one is used on the screen as it was.
        if (await hasStrayed(page, path, before)) await goTo(page, path);
      }
    }
    expect({ dead, refused }).toEqual({ dead: [], refused: [] });
  },
);

/** For a file. */
function nameOf(path: string): string {
  return new URL(path, dashboard.site).pathname.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "one").replaceAll("/", "-");
}
