import type { Locator, Page } from "playwright-core";

/** Addresses of the dashboard that differ in more than an id or a search, each as it was met first and with the page there, by `go`. */
export async function* screensOf(page: Page, go = goTo): AsyncGenerator<string> {
  const met = new Map<string, string>([["/", "/"]]);
  for (const path of met.values()) {
    await go(page, path);
    for (const href of await hrefsOf(page)) if (!met.has(patternOf(href))) met.set(patternOf(href), href);
    yield path;
  }
}

/** As typed into the address bar: everything of the page before is gone. */
export async function load(page: Page, path: string): Promise<void> {
  await page.goto(new URL(path, page.url()).href);
  await settled(page);
}

/** As by links, which costs a tenth of loading it: nothing of the screen before stays, since another one was between them. */
export async function goTo(page: Page, path: string): Promise<void> {
  const there = await page.evaluate<boolean>(`(${throughNowhere})(${JSON.stringify(path)})`).catch(() => false);
  if (there) await settled(page);
  else await load(page, path);
}

/** Within the page; false where it isn't one of the dashboard's, or something stays open above the screens. */
const throughNowhere = `async (path) => {
  const heading = () => document.querySelector("main h1");
  const frame = () => new Promise(requestAnimationFrame);
  for (const next of ["/nowhere", path]) {
    const before = heading();
    if (before === null) return false;
    history.pushState(null, "", next);
    const deadline = performance.now() + 3_000;
    while (heading() === null || heading() === before) {
      if (performance.now() > deadline) return false;
      await frame();
    }
  }
  return document.querySelector("[role=dialog], dialog[open], :popover-open") === null;
}`;

/** Links within the dashboard; what the server renders itself (sign-in, reference) isn't part of it. */
async function hrefsOf(page: Page): Promise<string[]> {
  const hrefs = await page.evaluate<string[]>(
    `[...document.querySelectorAll("a[href^='/']:not([target])")].map((link) => link.getAttribute("href"))`,
  );
  return hrefs.filter((href) => !/^\/(account|docs|errors|sign-out|api|assets|device|confirm)\b/.test(href));
}

/** `/runs/:id` and `/settings/policies`: ids, and what stands behind a question mark or a hash, don't make another screen. */
function patternOf(href: string): string {
  const { pathname } = new URL(href, "http://dashboard");
  return pathname.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|sha256:[0-9a-f]+|[0-9a-f]{32,}/g, ":id");
}

/** Resolves when nothing is on its way and nothing says that it is. */
export async function settled(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  // By the devtools: what waits within the page is an eval, which its policy refuses.
  await page.evaluate(`(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const busy = () => document.querySelector("main [aria-busy=true]") !== null ||
      [...document.querySelectorAll("main [role=status]")].some((one) => /^Loading/.test(one.textContent));
    do {
      await frame();
      await frame();
    } while (busy());
  })()`);
}

const selector = [
  "button:not(:disabled):not([aria-disabled=true])",
  "[role=tab]",
  "summary",
  "select:not(:disabled)",
  "input[type=checkbox]:not(:disabled)",
]
  .map((one) => `main ${one}`)
  .join(", ");

/** What can be pressed on the screen now and isn't among those that `known` has: of what looks the same, here and on other screens, the first. */
export async function controlsOf(page: Page, known: Set<string>): Promise<string[]> {
  return (await namesOf(page)).filter((name) => {
    const kind = name.replaceAll(/[0-9a-f]{6,}|\d+/g, "#");
    if (name === "" || known.has(kind)) return false;
    known.add(kind);
    return true;
  });
}

/** Of each control, its element and its name; empty where it isn't seen. */
export async function namesOf(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => !one.checkVisibility() ? "" :
      one.tagName.toLowerCase() + " " + (one.getAttribute("aria-label") ?? one.textContent).trim().slice(0, 60))`,
  );
}

/**
 * Uses a control, and tells whether anything that somebody could see or hear followed. One that is gone, because of what others did
 * before it, is offered no more.
 */
export async function useControl(page: Page, name: string): Promise<boolean> {
  const index = (await namesOf(page)).indexOf(name);
  if (index < 0) return true;
  await page.evaluate(`(async () => { window.before = await (${state})(); })()`);
  const asked = Promise.withResolvers<true>();
  const happened = (): void => asked.resolve(true);
  page.once("request", happened).once("filechooser", happened).once("download", happened);
  try {
    if (name.startsWith("select ")) await chooseAnother(page, index);
    // What is behind something else, or moves away, isn't offered.
    else if (!(await clicked(page.locator(selector).nth(index)))) return true;
    // Where the page itself is left, there is nobody to tell.
    const seen = page.evaluate<boolean>(`(${changes})()`).catch(() => true);
    return await Promise.race([asked.promise, seen]);
  } finally {
    page.off("request", happened).off("filechooser", happened).off("download", happened);
  }
}

function clicked(control: Locator): Promise<boolean> {
  return control.click({ timeout: 5_000 }).then(
    () => true,
    () => false,
  );
}

/** Within the page: all that is seen, heard or kept. Text, what is checked, opened, invalid or focused, the address, the clipboard. */
const state = `async () => [
  location.href,
  document.documentElement.outerHTML,
  document.activeElement?.outerHTML.length,
  ...[...document.querySelectorAll("input, select, textarea")].map((one) => one.value + one.checked + one.validationMessage),
  await navigator.clipboard.readText().catch(() => ""),
].join("\\n")`;

/** Within the page: whether it is another than it was, at once or, on a busy machine, within a minute. */
const changes = `async () => {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    if ((await (${state})()) !== window.before) return true;
    await new Promise(requestAnimationFrame);
  }
  return false;
}`;

/** Whether what was used leaves the screen other than it was: at another address, under a dialog, with other controls. */
export async function hasStrayed(page: Page, path: string, before: readonly string[]): Promise<boolean> {
  if (page.url() !== new URL(path, page.url()).href) return true;
  if ((await page.getByRole("dialog").count()) > 0) return true;
  return JSON.stringify(await namesOf(page).catch(() => [])) !== JSON.stringify(before);
}

async function chooseAnother(page: Page, index: number): Promise<void> {
  const control = page.locator(selector).nth(index);
  const values = await page.evaluate<string[]>(
    `[...document.querySelectorAll(${JSON.stringify(selector)})[${index}].options].map((one) => one.value)`,
  );
  const now = await control.inputValue();
  const other = values.find((value) => value !== now);
  if (other !== undefined) await control.selectOption(other);
}
