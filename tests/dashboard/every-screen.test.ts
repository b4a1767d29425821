import { afterAll, beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import type { Role } from "@gantry/sdk/api";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  sizes,
  startTestDashboard,
  type TestDashboard,
} from "../support/browser.ts";
import { controlsOf, goTo, hasStrayed, load, namesOf, screensOf, settled, useControl } from "./crawl.ts";
import { fillDashboard } from "./fill.ts";

let dashboard: TestDashboard;

beforeAll(async () => {
  dashboard = await startTestDashboard();
  await fillDashboard(dashboard);
});
afterAll(() => dashboard[Symbol.asyncDispose]());

test("every screen is reached by links, opens by itself, is accessible and fits a desk, a tablet and a phone", async () => {
  const owner = await dashboard.visitor("owner@example.com", { roles: ["owner"], groups: ["approvers"] });
  const { people } = dashboard.client;
  const { id = "" } = (await people.list()).items.find(({ email }) => email === owner.email) ?? {};
  await people.administer(id, "Sees what concerns the installation, too");
  const page = await owner.open("/");
  const phone = await owner.open("/", { size: "phone", scheme: "dark" });
  const screens: string[] = [];
  const look = async (at: Page, path: string): Promise<void> => {
    await picture(at, `screen${nameOf(path)}`);
    await expectNoSidewaysScroll(at);
  };
  const onDesk = async (path: string): Promise<void> => {
    await look(page, path);
    await expectAccessible(page);
    // Between a desk and a phone only the widths differ.
    await page.setViewportSize(sizes.tablet);
    await settled(page);
    await look(page, path);
    await page.setViewportSize(sizes.desktop);
  };
  const onPhone = async (path: string): Promise<void> => {
    await goTo(phone, path);
    await look(phone, path);
    await expectAccessible(phone);
  };
  for await (const path of screensOf(page, load)) {
    screens.push(path);
    await Promise.all([onDesk(path), onPhone(path)]);
  }
  const places = screens.map((path) => new URL(path, dashboard.site).pathname.split("/")[1] ?? "");
  const wanted = ["", "approvals", "agents", "compose", "doctor", "queue", "runbooks", "runs", "settings", "triggers"];
  expect(places).toEqual(expect.arrayContaining(wanted));
  await page.setViewportSize(sizes.tablet);
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
    const dead: string[] = [];
    const refused: string[] = [];
    let now = "";
    page.on("response", (answer) => {
      if (answer.status() === 403 || answer.status() >= 500)
        refused.push(`${now}: ${answer.status()} ${answer.request().method()} ${answer.url()}`);
    });
    for await (const path of screensOf(page)) {
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
