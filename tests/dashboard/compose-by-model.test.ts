import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DraftStep } from "@gantry/sdk";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  joinAs,
  openVisits,
  picture,
  type Visits,
} from "../support/browser.ts";
import { agentFolder, reaches, type Installation } from "../support/installation.ts";
import type { ModelServer } from "../support/models/server.ts";
import { startSite, startThinkingInstallation, type ThinkingInstallation } from "../support/thinking-installation.ts";

let thinking: ThinkingInstallation;
let gantry: Installation;
let visits: Visits;
let model: ModelServer;
let site: Awaited<ReturnType<typeof startSite>>;
let page: Page;

beforeAll(async () => {
  site = await startSite();
  const settings = { priceInput: "3", priceOutput: "15" };
  const agents = ["@gantry/agent-check", "@gantry/agent-planner", join(agentFolder, "src/index.ts")];
  thinking = await startThinkingInstallation(agents, { settings });
  ({ gantry, model } = thinking);
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
const button = (name: string) => page.getByRole("button", { name, exact: true });

const step = (id: string, name: string, input: object, more: Partial<DraftStep> = {}): DraftStep => ({
  id,
  title: `Step ${id}`,
  why: `The goal needs ${id}.`,
  kind: "tool",
  name,
  input: JSON.stringify(input),
  after: [],
  when: "",
  each: "",
  parallel: 1,
  undo: "tool",
  ...more,
});
const draft = (steps: DraftStep[], questions: string[] = []) =>
  JSON.stringify({
    summary: "Looks at the site, then writes the lines.",
    steps,
    onFailure: "undo",
    assumptions: ["The guest book is a file."],
    questions,
  });

test("a goal in words is planned by a model: its turns while they come, the plan with its reasons, and a run of it", async () => {
  const file = gantry.file("composed");
  await goTo("/compose");
  await page.getByRole("textbox", { name: "What shall be done?" }).fill("Greet everybody once the site answers");
  await page.getByText("Choose an environment: a model plans for one.").waitFor();
  expect(await button("Plan it with a model").isDisabled()).toBe(true);
  await page.getByRole("combobox", { name: "Environment" }).selectOption("dev");
  // It begins, and then says nothing more.
  model.script({ text: ['{"summary": "Looks at', " the site, "], stall: true });
  await button("Plan it with a model").click();
  await page.getByText('{"summary": "Looks at the site').waitFor();
  await expectAccessible(page);
  await picture(page, "compose-model-planning");
  const [planning] = (await gantry.client.runs.list({})).items;
  await gantry.client.runs.cancel(planning?.id ?? "", { reason: "It was seen." });

  model.script({ text: draft([], ["Which guest book?"]) });
  await button("Plan it with a model").click();
  await page.getByText("Which guest book?").waitFor();
  const item = { $item: [] };
  model.script({
    text: draft([
      step("look", "check.http", { url: site.url, status: 204, timeoutMs: 0 }),
      step("greet", "e2e.append", { file, text: item }, { each: '["Ada","Grace"]', after: ["look"] }),
    ]),
  });
  await button("Plan it with a model").click();
  await page.getByText("Step greet. The goal needs greet.").waitFor();
  await page.getByText("$0.000105").waitFor();
  await page.getByText("will need approval").waitFor();
  await button("List").click();
  await page.getByText("for 2 items, 1 at a time").waitFor();
  // What was paid for isn't lost by a reload.
  await page.reload();
  await page.getByText("Step greet. The goal needs greet.").waitFor();
  await expectAccessible(page);
  await picture(page, "compose-model-plan");
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
  await picture(page, "compose-model-plan-phone");
  await page.setViewportSize({ width: 1280, height: 800 });
  await button("Run it").click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
  const run = /[0-9a-f-]{36}/.exec(page.url())?.[0] ?? "";
  expect(await reaches(gantry.client, run, "waiting_for_approval")).toMatchObject({
    goal: "Greet everybody once the site answers",
  });
  expect((await gantry.client.runs.plan(run)).tainted).toEqual(["planner.plan"]);
});

test("a run that went well is saved as a runbook: by rules, made more general by a model beside that, and published", async () => {
  const [run] = (await gantry.client.runs.list({ status: "waiting_for_approval" })).items;
  const approver = await gantry.person("approver");
  const { hash } = await approver.client.runs.changeSet(run?.id ?? "");
  await approver.client.runs.approve(run?.id ?? "", { hash });
  await reaches(gantry.client, run?.id ?? "", "succeeded");
  await goTo(`/runs/${run?.id ?? ""}`);
  await button("Save as a runbook").click();
  const dialog = page.getByRole("dialog", { name: "Save as a runbook" });
  await dialog.getByLabel("Name").fill("Not a name");
  await dialog.getByRole("alert").filter({ hasText: "runbook_not_made" }).waitFor();
  await dialog.getByLabel("Name").fill("guest.greet");
  await dialog.getByLabel("Title").fill("Greet guests");
  const byRules = await dialog.getByLabel("The file").inputValue();
  expect(byRules).toContain("name: guest.greet");
  await expectAccessible(page);
  await picture(page, "run-save-as-runbook");
  const words = "description: Writes a line per guest.\nintents: [greet guests]";
  const general = byRules
    .replace(/^title: .*$/m, (title) => `${title}\n${words}\nparameters:\n  book: {type: text, help: The guest book}`)
    .replace(/file: .*$/m, "file: ${{ parameters.book }}");
  const parameters = JSON.stringify({ book: gantry.file("composed") });
  model.script(
    { text: JSON.stringify({ changes: [], file: byRules, parameters }) },
    { text: JSON.stringify({ changes: ["The book is a parameter."], file: general, parameters }) },
  );
  await dialog.getByRole("button", { name: "Make it more general with a model" }).click();
  await dialog.getByText("What the model made otherwise than the rules do").waitFor();
  await dialog.getByRole("listitem").filter({ hasText: "The book is a parameter." }).waitFor();
  expect(await dialog.getByLabel("The file").inputValue()).toBe(general);
  await expectAccessible(page);
  await picture(page, "run-save-as-runbook-general");
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
  await page.setViewportSize({ width: 1280, height: 800 });
  await dialog.getByRole("button", { name: "Publish" }).click();
  await page.getByRole("heading", { level: 1, name: "Greet guests" }).waitFor();
  const published = await gantry.client.runbooks.versions("guest.greet");
  expect(published.items).toMatchObject([{ version: "1.0.0" }]);
});
