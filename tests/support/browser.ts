import { existsSync, mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { expect } from "vitest";
import type { Role } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import { buildDashboard } from "../../scripts/build/dashboard.ts";
import { startTestApi, type TestApi } from "./api.ts";
import { startBrowserSession } from "./browser-session.ts";

/** Widths that the dashboard is looked at in: a desk, a tablet, a phone. */
export const sizes = {
  desktop: { width: 1440, height: 900 },
  tablet: { width: 834, height: 1194 },
  phone: { width: 390, height: 844 },
} as const;
export type Size = keyof typeof sizes;

/** Where pictures of a test run are kept, if they are wanted: drawing pages without a graphics card takes long. */
const pictures = fileURLToPath(new URL("../../.cache/screenshots/", import.meta.url));
const wanted = process.env["GANTRY_TEST_PICTURES"] === "1";
const axeScript = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export interface Visit {
  size?: Size;
  scheme?: "light" | "dark";
  /** Another address of the same server, a proxy's for instance. */
  site?: string;
}

/** Somebody with a session of their own, in as many windows as they open. */
export interface Visitor {
  email: string;
  /**
   * A page of the dashboard, in the browser that they had open in that size and scheme: scripts and fonts are there already. What its
   * console complains about, and what breaks in it, fails the test when it closes.
   */
  open(path: string, visit?: Visit): Promise<Page>;
}

/** A browser, and people who come to a dashboard with it. */
export interface Visits extends AsyncDisposable {
  browser: Browser;
  /** A page of nobody yet, at a link that somebody was given. */
  openLink(link: string, visit?: Visit): Promise<Page>;
  /** Passkeys belong to a name, not to an address. */
  site: string;
  /** Joins by an invitation, as people do. */
  visitor(email: string, membership?: Membership): Promise<Visitor>;
}

export interface Membership {
  roles?: Role[];
  groups?: string[];
}

export interface TestDashboard extends Visits {
  api: TestApi;
  client: Client;
}

const password = "crimson otter paints seven kites";

/** The dashboard as it is built, served by a real server on a real database, in a real browser; workers run tests' tools in memory. */
export async function startTestDashboard(options?: Parameters<typeof startTestApi>[0]): Promise<TestDashboard> {
  const api = await startTestApi(options);
  const visits = await openVisits(api.url, async (email, membership) => {
    await api.client.invitations.create({ email, ...membership });
    return api.mails.at(-1)?.link ?? "";
  });
  return {
    ...visits,
    api,
    client: api.client,
    async [Symbol.asyncDispose]() {
      await using _ = api;
      await visits[Symbol.asyncDispose]();
    },
  };
}

/** Visits to the server at `url`; `invite` gives the link of a new invitation. */
export async function openVisits(
  url: string,
  invite: (email: string, membership: Membership) => Promise<string>,
): Promise<Visits> {
  await buildDashboard();
  const browser = await launchBrowser();
  const site = url.replace("127.0.0.1", "localhost");
  const complaints: string[][] = [];
  const newPage = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage();
    complaints.push(complaintsOf(page));
    return page;
  };
  return {
    browser,
    site,
    async openLink(link, visit = {}) {
      const page = await newPage(await newContext(browser, visit));
      const { pathname, search } = new URL(link);
      await page.goto(new URL(`${pathname}${search}`, site).href);
      return page;
    },
    async visitor(email, membership = {}) {
      const cookies = await join(site, await invite(email, membership), email);
      const contexts = new Map<string, BrowserContext>();
      return {
        email,
        async open(path, visit = {}) {
          const { size, scheme, site: other = site } = visit;
          const key = [size, scheme, other].join(" ");
          let context = contexts.get(key);
          if (context === undefined) {
            context = await newContext(browser, visit);
            await context.addCookies([...cookies].map(([name, value]) => ({ name, value, url: other })));
            contexts.set(key, context);
            context.once("close", () => contexts.delete(key));
          }
          const page = await newPage(context);
          await page.goto(new URL(path, other).href);
          // Also one behind a dialog, which roles don't reach.
          await page.locator("h1").first().waitFor();
          return page;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      const said = complaints.flat();
      if (said.length > 0) throw new Error(`Pages complained:\n${said.join("\n")}`);
    },
  };
}

async function newContext(browser: Browser, { size = "desktop", scheme = "light" }: Visit): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: sizes[size],
    colorScheme: scheme,
    deviceScaleFactor: 1,
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
    timezoneId: "Europe/Berlin",
    locale: "en-GB",
  });
  // For what hangs, like the time of a whole test: a busy machine must not turn one red.
  context.setDefaultTimeout(120_000);
  return context;
}

/** The cookies of somebody who has just joined. */
async function join(site: string, invitation: string, email: string): Promise<Map<string, string>> {
  const link = new URL(invitation);
  const session = startBrowserSession(site);
  const form = { name: email.split("@")[0] ?? "", password };
  const joined = await session.post(link.pathname, { ...Object.fromEntries(link.searchParams), ...form });
  if (joined.status !== 303) throw new Error(`${email} could not join: ${joined.text}`);
  return session.cookies;
}

/** Fills in the form that a link of an invitation leads to; it asks for the address only where the invitation names none. */
export async function joinAs(page: Page, name: string, email?: string): Promise<void> {
  await page.getByLabel("Your name").fill(name);
  if (email !== undefined) await page.getByLabel("Your e-mail").fill(email);
  await page.getByLabel("Choose a password").fill(password);
  await page.getByRole("button", { name: "Join" }).click();
}

/** Debian's, without what talks to its maker. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((one) => existsSync(one));
  if (executablePath === undefined) throw new Error("Tests of the dashboard need Debian's package chromium.");
  const quiet = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"];
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-sync", ...quiet],
  });
}

/** What a page should never say: errors of its scripts, and what its policy of content refuses. Refusals of the API are part of life. */
function complaintsOf(page: Page): string[] {
  const said: string[] = [];
  page.on("pageerror", (error) => said.push(`${page.url()}: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    if (message.type() !== "error" || message.text().startsWith("Failed to load resource")) return;
    said.push(`${page.url()}: ${message.text()}`);
  });
  return said;
}

/** No violation of WCAG 2.2 A and AA that axe finds on what is shown now; what is just changing is looked at again once it has. */
export async function expectAccessible(page: Page): Promise<void> {
  let found = await violationsOf(page);
  // Looks are counted, not seconds: on a busy machine one takes as long as ten.
  for (let look = 1; look < 10 && found.length > 0; look += 1) {
    await setTimeout(500);
    found = await violationsOf(page);
  }
  expect({ url: page.url(), found }).toEqual({ url: page.url(), found: [] });
}

async function violationsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) {
    // By the devtools, not by a script element, which the page's policy refuses.
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Runtime.evaluate", { expression: await readFile(axeScript, "utf8") });
    await devtools.detach();
  }
  const results = (await page.evaluate(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] })",
  )) as AxeResults;
  return results.violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary ?? ""}`).join("\n")}`,
  );
}

/** Nothing is cut off or reached by scrolling sideways only. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, view] = (await page.evaluate(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  )) as [number, number];
  expect({ url: page.url(), wider: Math.max(0, content - view) }).toEqual({ url: page.url(), wider: 0 });
}

/** Keeps a picture of the whole page for whoever asked for them. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!wanted) return;
  mkdirSync(pictures, { recursive: true });
  const size = page.viewportSize() ?? sizes.desktop;
  // In a window as high as the page, so that bars which stick to it are where they belong.
  const height = await page.evaluate<number>("document.documentElement.scrollHeight");
  await page.setViewportSize({ ...size, height: Math.max(size.height, Math.min(height, 4_000)) });
  await page.screenshot({ path: `${pictures}${name}-${size.width}.png` });
  await page.setViewportSize(size);
}
