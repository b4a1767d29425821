import { afterAll, beforeAll, expect, test } from "vitest";
import { ToolFailedError } from "@gantry/sdk";
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

let dashboard: TestDashboard;
let operator: Visitor;
let failed: string;

beforeAll(async () => {
  const tools = memoryTools.map((tool) => (tool.name === "test.swap" ? { ...tool, run: swapUnlessRed } : tool));
  dashboard = await startTestDashboard({ tools });
  await dashboard.api.engine.startWorker();
  operator = await dashboard.visitor("operator@example.com", { roles: ["operator"] });
  await swap("green", "succeeded");
  failed = await swap("red", "failed");
  await writeLog(failed);
});
afterAll(() => dashboard[Symbol.asyncDispose]());

function swapUnlessRed({ input }: { input: unknown }): never {
  const { to } = input as { to: string };
  if (to !== "red") return input as never;
  const outcome = { exitCode: 7, stdout: "", stderr: "no such colour: red", durationMs: 1 };
  throw new ToolFailedError("swap", ["--to", "red one", "--yes"], outcome);
}

async function swap(to: string, until: string, environment = "dev"): Promise<string> {
  const goal = `Make it ${to}`;
  const { id } = await dashboard.client.runs.create({ runbook: "test.swap", parameters: { to }, environment, goal });
  await dashboard.api.engine.reaches(id, until);
  return id;
}

/** What would be HTML and a terminal's colours, were it not text. */
async function writeLog(run: string): Promise<void> {
  const { api } = dashboard;
  const step = (await dashboard.client.runs.get(run)).steps.find(({ key }) => key === "swap");
  const schedule = (): (() => void) => () => undefined;
  const place = { org: api.org, run, attempt: step?.attempts.at(-1)?.id ?? "" };
  const writer = createLogWriter({ pool: api.engine.db, store: api.blobs, schedule, ...place });
  await writer.append("stderr", "swapping\n\u001b[31merror:\u001b[0m no such colour: <b>red</b>\nbye\n", Date.now());
  await writer.close();
}

test("a failed run opens on the line that says why, with command, host and what differs, also on a phone", async () => {
  for (const size of ["desktop", "phone"] as const) {
    const page = await operator.open(`/runs/${failed}`, { size });
    const panel = page.getByRole("region", { name: "What went wrong" });
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Make it red");
    await panel.getByText("error: no such colour: <b>red</b>").waitFor();
    await panel.getByText("swap --to 'red one' --yes").waitFor();
    await panel.getByRole("row", { name: "to green red" }).waitFor();
    if (size === "phone") {
      const steps = page.getByRole("list", { name: "Steps of the run" });
      await steps.getByRole("button", { name: /failed.*swap/ }).waitFor();
    } else await page.getByRole("figure", { name: "Steps of the run" }).getByRole("button", { name: /swap/ }).waitFor();
    if (size === "phone") await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await picture(page, "run-failed");
    await page.close();
  }
  const dark = await operator.open(`/runs/${failed}`, { scheme: "dark" });
  await dark.getByText("error: no such colour: <b>red</b>").waitFor();
  await expectAccessible(dark);
  await picture(dark, "run-failed-dark");
  await dark.close();
});

test("a fork with an edited input is a run of its own, which is followed live and undone", async () => {
  const page = await operator.open(`/runs/${failed}?step=swap`);
  await page.getByRole("button", { name: "Fork with edits" }).click();
  const dialog = page.getByRole("dialog", { name: "Fork with edits" });
  await dialog.getByText("Kept: before.").waitFor();
  await dialog.getByRole("textbox", { name: "to", exact: true }).first().fill("blue");
  await expectAccessible(page);
  await picture(page, "run-fork");
  await dialog.getByRole("button", { name: "Start the fork" }).click();
  await page.getByText("Forked from").waitFor();
  const fork = (await dashboard.client.runs.get(failed)).derived[0]?.id ?? "";
  expect(new URL(page.url()).pathname).toBe(`/runs/${fork}`);
  expect((await dashboard.client.runs.step(fork, "swap")).input).toMatchObject({ to: "blue" });

  await page.getByRole("button", { name: "Undo" }).click();
  const undo = page.getByRole("dialog", { name: "Undo this run?" });
  await undo.getByRole("textbox", { name: "Reason" }).fill("It was a try");
  await undo.getByRole("button", { name: "Undo" }).click();
  await dashboard.api.engine.reaches(fork, "undone");
  await page.getByRole("main").getByText("undone").first().waitFor();
  await page.close();
});

test("the timeline has a row per step and leads to it; a run that waits says for what, and takes the signal", async () => {
  const page = await operator.open(`/runs/${failed}?tab=timeline`);
  const rows = page.getByRole("list", { name: "When which step was at work" });
  await rows.getByRole("button", { name: /failed swap \d attempts?/ }).waitFor();
  await expectAccessible(page);
  await picture(page, "run-timeline");
  await rows.getByRole("button", { name: /failed swap/ }).click();
  await page.waitForURL(/step=swap/);
  expect(new URL(page.url()).searchParams.get("tab")).toBe("steps");
  await page.close();

  const steps = [{ id: "word", kind: "wait", title: "Wait for the word", for: { kind: "signal", name: "go" } }];
  const frame = {
    format: 1,
    goal: "Wait",
    runbook: null,
    parameters: {},
    environment: "dev",
    onFailure: "stop",
    tools: [],
  };
  const { id } = await dashboard.client.runs.create({ plan: { ...frame, steps } as never });
  await dashboard.api.engine.reaches(id, "waiting");
  const waiting = await operator.open(`/runs/${id}`, { size: "phone" });
  await waiting.getByText("Waits for a signal").waitFor();
  await picture(waiting, "run-waiting");
  await waiting.getByRole("button", { name: "Send the signal" }).click();
  await waiting.getByRole("dialog").getByRole("button", { name: "Send the signal" }).click();
  await waiting.getByRole("main").getByText("succeeded").first().waitFor();
  await waiting.close();
});

test("a run that waits for approval says who can give it, shows what it changes, and leads to the approval", async () => {
  const id = await swap("blue", "waiting_for_approval", "staging");
  const page = await operator.open(`/runs/${id}?tab=changes`, { size: "phone" });
  await page.getByText("Waits for approval", { exact: true }).waitFor();
  const changes = page.getByRole("region", { name: "What it changes" });
  await changes.getByText("waits for approval").waitFor();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await picture(page, "run-changes");
  await changes.getByRole("link", { name: "Look at the change" }).click();
  await page.waitForURL(/\/approvals\//);
  expect(new URL(page.url()).pathname).toBe(`/approvals/${id}`);
  await page.close();
});

test("an incident is copied as Markdown, and who may only look is offered nothing to do", async () => {
  const page = await operator.open(`/runs/${failed}`);
  await page.getByRole("button", { name: "Copy", exact: true }).first().click();
  await page.getByRole("menuitem", { name: "As incident (Markdown)" }).click();
  await page.getByText("Copied.").first().waitFor();
  const copied = (await page.evaluate("navigator.clipboard.readText()")) as string;
  expect(copied).toContain("- Exit code: 7");
  expect(copied).toContain("- `to`: `green` → `red`");
  await page.close();

  const viewer = await dashboard.visitor("viewer@example.com", { roles: ["viewer"] });
  const seen = await viewer.open(`/runs/${failed}`);
  await seen.getByRole("button", { name: "Copy", exact: true }).first().waitFor();
  for (const name of ["Retry", "Undo", "Fork with edits"])
    expect(await seen.getByRole("button", { name }).count()).toBe(0);
  await seen.close();
});
