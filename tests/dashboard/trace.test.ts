import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  joinAs,
  openVisits,
  picture,
  type Visits,
} from "../support/browser.ts";
import type { Installation } from "../support/installation.ts";
import type { ModelServer } from "../support/models/server.ts";
import { startSite, startThinkingInstallation, type ThinkingInstallation } from "../support/thinking-installation.ts";

/** The platform with its real assistant; only the model behind the socket follows a script. */
let thinking: ThinkingInstallation;
let gantry: Installation;
let visits: Visits;
let model: ModelServer;
let site: Awaited<ReturnType<typeof startSite>>;
let page: Page;

beforeAll(async () => {
  site = await startSite();
  const settings = { priceInput: "3", priceOutput: "15" };
  thinking = await startThinkingInstallation(["@gantry/agent-check", "@gantry/agent-assistant"], { settings });
  ({ gantry, model } = thinking);
  await gantry.client.budgets.set("minds", {
    covers: "models",
    measure: "money",
    amount: 5_000,
    currency: "USD",
    period: "day",
  });
  await gantry.client.models.setPolicy({ store: "redacted" });
  visits = await openVisits(gantry.url, () => Promise.reject(new Error("Nobody joins here but by the browser.")));
  page = await visits.openLink(thinking.link);
  await joinAs(page, "Operator", "operator@example.com");
  await page.waitForURL(/\/onboarding$/);
});
afterAll(async () => {
  await visits?.[Symbol.asyncDispose]();
  await thinking?.[Symbol.asyncDispose]();
  await site?.[Symbol.asyncDispose]();
});

const goTo = (path: string) => page.goto(new URL(path, page.url()).href);

async function ask(): Promise<string> {
  const { id } = await gantry.client.runs.create({
    runbook: "assistant.ask",
    parameters: { question: "Does the shop answer?" },
    environment: "dev",
    goal: "Does the shop answer?",
  });
  return id;
}

async function ended(run: string): Promise<void> {
  for await (const item of gantry.client.runs.follow(run))
    if (item.kind === "event" && item.event.type === "run.finished") return;
}

test("the trace of a run shows each turn with its model, tokens, cost and calls, also on a phone", async () => {
  const url = `${site.url}<b>bold</b>`;
  const answer = { answer: "It answers 204.", citations: [{ source: 1, quote: "status 204" }] };
  model.script(
    {
      text: "Let me look <img src=x onerror=alert(1)>",
      toolCalls: [{ id: "call_1", name: "check__http", input: { url, status: 204, timeoutMs: 0 } }],
    },
    { text: JSON.stringify(answer) },
  );
  const run = await ask();
  await ended(run);
  await goTo(`/runs/${run}?tab=trace`);
  const trace = page.getByRole("list", { name: "What the agents thought" });
  await trace.getByRole("heading", { name: "Turn 2" }).waitFor();
  await trace.getByText("Read what nobody vouches for: check.http").waitFor();
  await trace.getByText("20 in, 10 out").waitFor();
  // 20 tokens at $3 a million and 10 at $15.
  await trace.getByText("$0.000210", { exact: true }).waitFor();
  await page.getByText("models $0.000210").waitFor();
  await trace.getByText("Let me look <img src=x onerror=alert(1)>").waitFor();
  await trace.getByText("Input").click();
  await trace.getByRole("group", { name: "Input" }).getByText("<b>bold</b>").waitFor();
  await trace.getByText("What the model saw of it").click();
  const looks = async () => (await gantry.client.audit.list({ action: "models.content" })).items.length;
  expect(await looks()).toBe(0);
  await trace.getByRole("button", { name: "Show what was asked" }).last().click();
  const asked = trace.getByRole("region", { name: /^What scripted was asked/ });
  await asked.getByText(/^Tools: .*check__http/).waitFor();
  await asked.getByText("Question", { exact: true }).click();
  await asked.getByRole("group", { name: "Question" }).getByText("Does the shop answer?").waitFor();
  await asked.getByRole("group", { name: "Answer" }).getByText("It answers 204.").waitFor();
  expect(await looks()).toBe(1);
  await expectAccessible(page);
  await picture(page, "run-trace");
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  await picture(page, "run-trace-phone");
  await page.setViewportSize({ width: 1280, height: 800 });
  await goTo(`/runs/${run}?step=ask`);
  await page.getByText("$0.000210", { exact: true }).waitFor();
});

test("words are on the page while the model says them, and the turn takes their place", async () => {
  // It begins, and then says nothing more. Its last word waits: it might become an address.
  model.script({ text: ['{"answer": "It ans', "wers, as"], stall: true });
  const run = await ask();
  await goTo(`/runs/${run}`);
  await page.getByRole("tab", { name: "Trace" }).click();
  const trace = page.getByRole("list", { name: "What the agents thought" });
  await trace.getByText("is saying").waitFor();
  await trace.getByText('{"answer": "It answers,').waitFor();
  await expectAccessible(page);
  await picture(page, "run-trace-live");
  await gantry.client.runs.cancel(run, { reason: "It was seen." });
  await ended(run);
  await trace.getByText("is saying").waitFor({ state: "detached" });
});

test("the settings show which models are connected, ask one for a word, add up what they cost, and say where data goes", async () => {
  model.script({ text: "ready" });
  await goTo("/settings/models");
  const main = page.getByRole("main");
  await main
    .getByRole("region", { name: "What they cost in the last 30 days" })
    .getByText("compatible/scripted")
    .waitFor();
  await main.getByRole("row", { name: /minds/ }).getByText("50.00 USD").waitFor();
  await main.getByLabel("By", { exact: true }).selectOption("agent");
  await main.getByRole("row", { name: /assistant/ }).waitFor();
  await main.getByRole("button", { name: "scripted" }).click();
  const panel = page.getByRole("dialog", { name: "scripted" });
  await panel.getByRole("button", { name: "Ask it for one word" }).click();
  await panel.getByText("It answers: ready").waitFor();
  await expectAccessible(page);
  await picture(page, "settings-models-test");
  await page.keyboard.press("Escape");
  await main.getByRole("button", { name: "Change" }).click();
  const form = page.getByRole("dialog", { name: "Where data may go" });
  await form.getByLabel("Providers").fill("compatible, nobody-knows");
  await form.getByRole("button", { name: "Save" }).click();
  await form
    .getByText(/isn't a provider/)
    .first()
    .waitFor();
  await form.getByLabel("Providers").fill("compatible");
  await form.getByLabel("Prompts and answers kept").selectOption("full");
  await form.getByLabel("Days that they are kept").fill("14");
  await form.getByText("gantry models policy --providers compatible").waitFor();
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "detached" });
  expect(await gantry.client.models.policy()).toMatchObject({
    providers: ["compatible"],
    store: "full",
    storeDays: 14,
  });
  await main.getByText("as they left, for 14 days").waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  await picture(page, "settings-models-phone");
});
