import type { Page } from "playwright-core";

/** Addresses of the dashboard that differ in more than an id or a search, each as it was met first. */
export async function screensOf(page: Page): Promise<string[]> {
  const met = new Map<string, string>([["/", "/"]]);
  for (const path of met.values()) {
    await goTo(page, path);
    for (const href of await hrefsOf(page)) if (!met.has(patternOf(href))) met.set(patternOf(href), href);
  }
  return [...met.values()];
}

/** As typed into the address bar: everything of the page before is gone. */
export async function goTo(page: Page, path: string): Promise<void> {
  await page.goto(new URL(path, page.url()).href);
  await settled(page);
}

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

const busy = `[...document.querySelectorAll("main [role=status]")].some((one) => /^Loading/.test(one.textContent)) ||
  document.querySelector("main [aria-busy=true]") !== null`;

/** Resolves when nothing is on its way and nothing says that it is. */
async function settled(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  // By the devtools: what waits within the page is an eval, which its policy refuses.
  while (await page.evaluate<boolean>(busy)) await new Promise((done) => setTimeout(done, 20));
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
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
  const control = page.locator(selector).nth(index);
  const before = await stateOf(page);
  const asked: string[] = [];
  const note = (request: { url(): string }): void => void asked.push(request.url());
  page.on("request", note);
  page.once("filechooser", () => asked.push("a file"));
  page.once("download", () => asked.push("a download"));
  if (name.startsWith("select ")) await chooseAnother(page, index);
  else if (
    !(await control.click({ timeout: 5_000 }).then(
      () => true,
      () => false,
    ))
  )
    return true;
  const deadline = Date.now() + 3_000;
  let changed = false;
  while (!changed && Date.now() < deadline) {
    changed = asked.length > 0 || (await stateOf(page)) !== before;
    if (!changed) await new Promise((done) => setTimeout(done, 20));
  }
  page.off("request", note);
  return changed;
}

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

/** All that is seen, heard or kept: text, what is checked, opened, invalid or focused, the address, the clipboard. */
async function stateOf(page: Page): Promise<string> {
  const seen = await page
    .evaluate<string>(
      `[location.href, document.documentElement.outerHTML, document.activeElement?.outerHTML.length,
        ...[...document.querySelectorAll("input, select, textarea")].map((one) => one.value + one.checked + one.validationMessage)].join("\\n")`,
    )
    .catch(() => `navigating ${Date.now()}`);
  const kept = await page.evaluate<string>("navigator.clipboard.readText().catch(() => '')").catch(() => "");
  return seen + kept;
}
