import { setTimeout } from "node:timers/promises";
import type { Page } from "playwright-core";
import { firstPageBytes } from "../scripts/check/dashboard-size.ts";
import type { Client } from "@gantry/sdk/client";
import { execute } from "../tests/e2e/agent/src/misbehave.ts";
import { openVisits, type Visits } from "../tests/support/browser.ts";
import { createInstallation, planOf } from "../tests/support/installation.ts";
import { median, type Measure } from "./measure.ts";

const limits = { scriptKb: 300, paintMs: 2_000, toScreenMs: 200, taskMs: 50 };
/** A telephone on a slow 4G network, as Lighthouse has it (decision 0053). */
const slow = { latency: 150, downloadThroughput: (1.6 * 1024 * 1024) / 8, uploadThroughput: (750 * 1024) / 8 };
const events = 60;

/** The dashboard in a real browser: how much it loads, when it is there, and how soon an event is seen. */
export async function measureDashboard(): Promise<Measure[]> {
  await using installation = await createInstallation();
  await installation.start("all");
  const { client } = installation;
  await using visits = await openVisits(installation.url, async (email, membership) => {
    const { link } = await client.invitations.create({ email, ...membership });
    return link ?? "";
  });
  const script = (await firstPageBytes(".")) / 1_000;
  const paint = await largestPaints(visits);
  const toScreen = await eventToScreen(visits, client, installation.file("lines"));
  const busy = await longestTask(visits, client);
  return [
    limited("dashboard.first_script", script, "kB", limits.scriptKb, "gzipped script of the first page"),
    {
      ...limited(
        "dashboard.largest_paint",
        paint.dashboard,
        "ms",
        limits.paintMs,
        "largest paint of the first page with an empty cache, slow 4G, processor at a quarter; floor: of a page of text without script",
      ),
      floor: paint.text,
    },
    limited(
      "dashboard.event_to_screen",
      toScreen,
      "ms",
      limits.toScreenMs,
      "p95 from an event's commit until it is seen, on loopback",
    ),
    limited(
      "dashboard.longest_task",
      busy,
      "ms",
      limits.taskMs,
      "longest task while somebody scrolls through a log of 100,000 lines",
    ),
  ];
}

function limited(name: string, value: number, unit: string, limit: number, what: string): Measure {
  return { name, value, unit, floor: null, ratio: null, target: { atMost: limit }, what };
}

/** In turn, each time by somebody who was never there. */
async function largestPaints(visits: Visits): Promise<{ dashboard: number; text: number }> {
  const paints = { dashboard: [] as number[], text: [] as number[] };
  for (let n = 0; n < 5; n += 1) {
    paints.text.push(await largestPaint(visits, `text${n}`, "/errors/not_found"));
    paints.dashboard.push(await largestPaint(visits, `reader${n}`, "/"));
  }
  return { dashboard: median(paints.dashboard), text: median(paints.text) };
}

/** With an empty cache. */
async function largestPaint({ visitor }: Visits, who: string, path: string): Promise<number> {
  const person = await visitor(`${who}@example.com`, { roles: ["operator"] });
  const page = await person.open("/docs", { size: "phone" });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", { offline: false, ...slow });
  await devtools.send("Network.clearBrowserCache");
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await page.goto(new URL(path, page.url()).href);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await setTimeout(3_000);
  const ms = await page.evaluate<number>(
    `new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime)).observe({ type: "largest-contentful-paint", buffered: true }))`,
  );
  await page.context().close();
  return ms;
}

/** Runs that appear in the list of the newest ones: from the moment of their first event to the moment that their goal is there. */
async function eventToScreen({ visitor }: Visits, client: Client, file: string): Promise<number> {
  const person = await visitor("watcher@example.com", { roles: ["operator"] });
  const page = await person.open("/");
  await page.getByText("Live", { exact: true }).waitFor();
  await watchForGoals(page);
  const took: number[] = [];
  for (let n = 0; n < events; n += 1) {
    const goal = `Seen ${n}.`;
    const run = await client.runs.create({
      runbook: "e2e.append",
      parameters: { file, text: goal },
      environment: "staging",
      goal,
    });
    const { events: history } = await client.runs.events(run.id, { limit: 1 });
    await page.getByText(goal).first().waitFor();
    const seen = await page.evaluate<number>(`window.seenAt.get(${JSON.stringify(goal)})`);
    took.push(seen - (history[0]?.at ?? Number.NaN));
  }
  return took.toSorted((a, b) => a - b)[Math.floor(events * 0.95)] ?? Number.NaN;
}

/** Notes when each goal is first part of the page. */
async function watchForGoals(page: Page): Promise<void> {
  await page.evaluate(`
    window.seenAt = new Map();
    new MutationObserver(() => {
      for (const [goal] of document.body.textContent.matchAll(/Seen \\d+\\./g))
        if (!window.seenAt.has(goal)) window.seenAt.set(goal, Date.now());
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  `);
}

/** Sixty jumps through the whole log, a frame each; 0: no task took the 50 ms from which on browsers count one. */
async function longestTask({ visitor }: Visits, client: Client): Promise<number> {
  const args = ["-f", "line %.0f of many, as long as lines usually are", "100000"];
  const { id: run } = await client.runs.create({
    plan: planOf((plan) => void plan.step("print", execute, { command: "seq", args })),
  });
  const person = await visitor("scroller@example.com", { roles: ["operator"] });
  const page = await person.open(`/runs/${run}?tab=log`);
  await page.getByText("100,000 lines, complete").waitFor({ timeout: 120_000 });
  await setTimeout(1_000);
  return page.evaluate<number>(`(async () => {
    const tasks = [0];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
    observer.observe({ type: "longtask" });
    const log = document.querySelector("[role=region][aria-label='Log']");
    for (let part = 0; part <= 60; part += 1) {
      log.scrollTop = (log.scrollHeight * part) / 60;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    return Math.max(...tasks);
  })()`);
}
