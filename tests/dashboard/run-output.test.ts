import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createLogWriter } from "../../platform/src/blobs/index.ts";
import { memoryTools } from "../support/api.ts";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  startTestDashboard,
  type TestDashboard,
  type Visitor,
} from "../support/browser.ts";
import type { MemoryTool } from "../support/memory-runner.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";

let dashboard: TestDashboard;
let viewer: Visitor;
/** What each call of the tool waits for; a test's choice. */
let onCall: () => Promise<void> = async () => undefined;

beforeAll(async () => {
  const [look, ...others] = memoryTools;
  if (look === undefined) throw new Error("There is no tool.");
  const waiting: MemoryTool["run"] = async ({ input }) => {
    await onCall();
    return input;
  };
  dashboard = await startTestDashboard({ tools: [{ ...look, run: waiting }, ...others] });
  await dashboard.api.engine.startWorker();
  viewer = await dashboard.visitor("viewer@example.com", { roles: ["viewer"] });
});
afterEach(() => (onCall = async () => undefined));
afterAll(() => dashboard[Symbol.asyncDispose]());

const log = (page: Page) => page.getByRole("region", { name: "Log" });

/** A run that has ended, and a writer of its attempt's log. */
async function endedRun(): Promise<{ run: string; attempt: string; write: ReturnType<typeof createLogWriter> }> {
  const { client, api } = dashboard;
  const { id: run } = await client.runs.create({ runbook: "test.look", environment: "dev" });
  await api.engine.reaches(run, "succeeded");
  const attempt = await attemptOf(run);
  return { run, attempt, write: writerOf(run, attempt) };
}

async function attemptOf(run: string): Promise<string> {
  return (await dashboard.client.runs.get(run)).steps[0]?.attempts[0]?.id ?? "";
}

function writerOf(run: string, attempt: string): ReturnType<typeof createLogWriter> {
  const { api } = dashboard;
  const schedule = () => () => undefined;
  return createLogWriter({ pool: api.engine.db, store: api.blobs, schedule, org: api.org, run, attempt });
}

test("what a tool printed is inert: colours are ours, nothing runs, nothing is hidden", async () => {
  const { run, write } = await endedRun();
  const lines = [
    "\u001b[1;31merror:\u001b[0m no such \u001b[36mmodule\u001b[0m",
    "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>",
    "\u001b]0;title\u0007\u001b]8;;javascript:alert(1)\u001b\\link\u001b]8;;\u001b\\ \u001b]52;c;aGk=\u0007done",
    "access \u202egranted\u202c\u200b to nobody\r",
    "\u001b[2J\u001b[H\u001b[8mhidden\u001b[0m \u001b[30;40mblack on black\u001b[0m",
    "\u001b[33mwarning\u001b[0m, \u001b[32mok\u001b[0m, \u001b[35mmagenta\u001b[0m, \u001b[44mon blue\u001b[0m, \u001b[90mdim\u001b[0m",
  ];
  await write.append("stdout", lines.map((line) => `${line}\n`).join(""), Date.now());
  await write.append("stderr", "this went to the error stream\n", Date.now());
  await write.close();
  for (const size of ["desktop", "phone"] as const) {
    const page = await viewer.open(`/runs/${run}?tab=log`, { size });
    await log(page).getByText("no such").waitFor();
    const text = await log(page).innerText();
    for (const seen of [
      "error: no such module",
      "<img src=x onerror=document.title='owned'>",
      "link done",
      "access ⟨U+202E⟩granted⟨U+202C⟩⟨U+200B⟩ to nobody",
      "hidden black on black",
    ])
      expect(text).toContain(seen);
    expect(await page.title()).not.toBe("owned");
    expect(await log(page).locator("img, script, a[href^='javascript']").count()).toBe(0);
    if (size === "phone") await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await picture(page, "run-log");
    await page.getByLabel("Errors only").check();
    await log(page).getByText("no such").waitFor({ state: "detached" });
    expect(await log(page).locator("[data-line]").count()).toBe(1);
    await page.close();
  }
  const dark = await viewer.open(`/runs/${run}?tab=log`, { scheme: "dark" });
  await log(dark).getByText("no such").waitFor();
  await expectAccessible(dark);
  await picture(dark, "run-log-dark");
  await dark.close();
});

test("a hundred thousand lines: few are drawn, any is found, linked to, and kept as a file", async () => {
  const { run, attempt, write } = await endedRun();
  for (let at = 0; at < 100_000; at += 500) {
    const lines = Array.from(
      { length: 500 },
      (_, index) => `\u001b[32mline\u001b[0m ${at + index + 1} of many, as long as lines of tools usually are\n`,
    );
    await write.append("stdout", lines.join(""), Date.now());
  }
  await write.close();
  const page = await viewer.open(`/runs/${run}?tab=log`);
  await page.getByText("100,000 lines, complete").waitFor();
  const rows = log(page).locator("[data-line]");
  expect(await rows.count()).toBeLessThan(150);
  expect(await page.getByRole("button", { name: /follow/i }).count()).toBe(0);
  await reportLongestTask(page, "Log", "100,000 lines");

  await page.getByLabel("Find in the log").fill("LINE 7777");
  await page.getByText("11 lines", { exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("1 of 11 lines").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("2 of 11 lines").waitFor();
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.press("Shift+Enter");
  await page.getByText("11 of 11 lines").waitFor();
  expect(new URL(page.url()).searchParams.get("line")).toBe("77779");
  await log(page).locator("[data-line='77779'] mark").first().waitFor();
  await page.keyboard.press("Tab");
  await page.close();

  const linked = await viewer.open(`/runs/${run}?tab=log&attempt=${attempt}&line=50000`);
  await log(linked).locator("[data-line='50000'] [aria-current]").waitFor();
  expect(await log(linked).getByText("line 50000 of many").isVisible()).toBe(true);
  await linked.getByLabel("Wrap lines").check();
  await log(linked).getByText("line 50000 of many").waitFor();
  const downloads = linked.waitForEvent("download");
  await linked.getByRole("button", { name: "Download" }).click();
  const file = await downloads;
  expect(file.suggestedFilename()).toBe(`${run}.log`);
  let newlines = 0;
  for await (const part of await file.createReadStream()) newlines += String(part).split("\n").length - 1;
  expect(newlines).toBe(100_000);
  await linked.close();
});

test("it follows what is written until the reader scrolls up, and again when they ask", async () => {
  const { client, api } = dashboard;
  const { promise, resolve } = Promise.withResolvers<void>();
  onCall = () => promise;
  const { id: run } = await client.runs.create({ runbook: "test.look", environment: "dev" });
  const attempt = await expect
    .poll(() => attemptOf(run))
    .not.toBe("")
    .then(() => attemptOf(run));
  const write = writerOf(run, attempt);
  const say = async (from: number, count: number): Promise<void> => {
    const lines = Array.from({ length: count }, (_, index) => `said ${from + index}\n`);
    await write.append("stdout", lines.join(""), Date.now());
    await write.flush();
  };
  await say(1, 200);
  const page = await viewer.open(`/runs/${run}?tab=log`);
  await log(page).getByText("said 200", { exact: true }).waitFor();
  await page.getByText("200 lines, live").waitFor();
  await say(201, 100);
  await log(page).getByText("said 300", { exact: true }).waitFor();
  await log(page).hover();
  await page.mouse.wheel(0, -400);
  await page.getByRole("button", { name: "Follow" }).waitFor();
  const place = async (): Promise<number> => inRegion<number>(page, "Log", "(element) => element.scrollTop");
  const before = await place();
  await say(301, 40);
  const again = page.getByRole("button", { name: "40 new lines, follow again" });
  await again.waitFor();
  expect(await place()).toBe(before);
  expect(await log(page).getByText("said 340", { exact: true }).count()).toBe(0);
  await again.click();
  await log(page).getByText("said 340", { exact: true }).waitFor();
  await say(341, 1);
  await log(page).getByText("said 341", { exact: true }).waitFor();
  await write.close();
  resolve();
  await api.engine.reaches(run, "succeeded");
  await page.getByText("341 lines, complete").waitFor();
  await page.close();
});

test("the stream is cut twenty times in two thousand events, and the screen shows the journal, without polling", async () => {
  const { client, api } = dashboard;
  await using proxy = await startTcpProxy(dashboard.site);
  const site = `http://localhost:${new URL(proxy.url).port}`;
  const items = Array.from({ length: 1_000 }, (_, index) => index);
  const opened = Promise.withResolvers<void>();
  let connected = 0;
  let cuts = 0;
  let calls = 0;
  let news = Promise.withResolvers<void>();
  onCall = async () => {
    await opened.promise;
    calls += 1;
    if (calls % 50 !== 0) return;
    while (connected <= cuts) await news.promise;
    cuts += 1;
    proxy.cut();
    proxy.heal();
  };
  const { plan } = await client.plans.create({ runbook: "test.look", environment: "dev" });
  const [step] = plan.steps;
  const { id: run } = await client.runs.create({
    plan: { ...plan, goal: "Many events", steps: [{ ...step, each: items, parallel: 5 }] } as never,
  });
  const page = await viewer.open("/", { site });
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  page.on("response", (response) => {
    if (new URL(response.url()).pathname !== "/api/v1/events") return;
    connected += 1;
    news.resolve();
    news = Promise.withResolvers();
  });
  await page.goto(`${site}/runs/${run}?tab=events`);
  await page.getByRole("region", { name: "History" }).locator("[data-seq='1']").waitFor();
  opened.resolve();
  await api.engine.reaches(run, "succeeded");
  const journal: number[] = [];
  for (let after = 0, more = true; more;) {
    const part = await client.runs.events(run, { after, limit: 1_000 });
    journal.push(...part.events.map(({ seq }) => seq));
    ({ after, more } = part);
  }
  expect(journal.length).toBeGreaterThan(2_000);
  await page.getByText(`${journal.length.toLocaleString("en")} events, live`).waitFor();
  expect(cuts).toBe(20);
  expect(await seqsOnScreen(page)).toEqual(journal);
  // A connection per cut, and a few pages where a gap was: nothing is asked again and again.
  expect(asked.filter((path) => path === `/api/v1/runs/${run}/events`).length).toBeLessThan(10);
  await picture(page, "run-events");
  await page.close();
});

test("twenty thousand events are narrowed and opened like ten", async () => {
  const { run } = await endedRun();
  const { api, client } = dashboard;
  const { seq } = await client.runs.get(run);
  await api.engine.admin.query(
    `INSERT INTO events (org, run_id, seq, type, at, actor, data)
     SELECT org, run_id, n, 'signal.received', at, actor, json_build_object('name', 'signal ' || n, 'payload', null)
       FROM events, generate_series($2::int + 1, 20000) n WHERE run_id = $1 AND seq = 1`,
    [run, seq],
  );
  for (const size of ["desktop", "phone"] as const) {
    const page = await viewer.open(`/runs/${run}?tab=events&event=15000`, { size });
    const history = page.getByRole("region", { name: "History" });
    const opened = history.locator("[data-seq='15000']");
    await page.getByText("20,000 events, live").waitFor();
    await opened.getByText('"name": "signal 15000"').waitFor();
    // It stands in the middle of what is seen, and stays.
    await expect.poll(() => inRegion(page, "History", isInSight)).toBe(true);
    expect(await history.locator("[data-seq]").count()).toBeLessThan(120);
    if (size === "phone") await expectAccessible(page);
    else await reportLongestTask(page, "History", "20,000 events");
    await expectNoSidewaysScroll(page);
    await picture(page, "run-events-many");
    await page.getByLabel("Narrow to type, step or person").fill("signal 1999");
    await page.getByText(/^11 of 20,000 events/).waitFor();
    await page.close();
  }
});

const isInSight = `(region) => {
  const box = region.getBoundingClientRect();
  const row = region.querySelector("[data-seq='15000']")?.getBoundingClientRect();
  return row !== undefined && row.top >= box.top && row.top < box.bottom;
}`;

/** What a function says of a region. It is text: the page's program, not this one's. */
async function inRegion<T>(page: Page, name: string, program: string): Promise<T> {
  return (await page.evaluate(`(${program})(document.querySelector("[role=region][aria-label='${name}']"))`)) as T;
}

/** Says how long the page was ever busy at once while somebody scrolled through all of a region and back to where it was. */
async function reportLongestTask(page: Page, region: string, what: string): Promise<void> {
  const scroll = `async (element) => {
    const tasks = [0];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
    observer.observe({ type: "longtask" });
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const before = element.scrollTop;
    for (let part = 0; part <= 60; part += 1) {
      element.scrollTop = (element.scrollHeight * part) / 60;
      await frame();
    }
    element.scrollTop = before;
    await frame();
    await frame();
    observer.disconnect();
    return Math.max(...tasks);
  }`;
  const longest = await inRegion<number>(page, region, scroll);
  process.stdout.write(`longest task while scrolling through ${what}: ${String(longest)} ms\n`);
}

/** Numbers of all events in the order in which they stand there, read by scrolling from the top. */
async function seqsOnScreen(page: Page): Promise<number[]> {
  const read = `async (element) => {
    const seen = new Map();
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    element.scrollTop = 0;
    for (;;) {
      await frame();
      await frame();
      for (const row of element.querySelectorAll("[data-seq]"))
        seen.set(Number(row.dataset.seq), row.getBoundingClientRect().top + element.scrollTop);
      const before = element.scrollTop;
      element.scrollTop += element.clientHeight;
      if (element.scrollTop === before) break;
    }
    return [...seen].sort(([, one], [, other]) => one - other).map(([seq]) => seq);
  }`;
  return inRegion<number[]>(page, "History", read);
}
