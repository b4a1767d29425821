import { afterAll, beforeAll, expect, test } from "vitest";
import type { ApiError } from "@gantry/sdk/client";
import { refusalOf, type TestApi } from "../../support/api.ts";
import { startGoalsApi } from "../../support/goals.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startGoalsApi();
  await api.engine.startWorker();
});
afterAll(() => api[Symbol.asyncDispose]());

const explain = async (text: string, more: object = {}, client = api.client) =>
  (await client.goals.create({ text, explain: true, ...more })).understanding;

test("a goal in words becomes a plan and a run, and is met once the run has succeeded", async () => {
  const { understanding, goal, run } = await api.client.goals.create({ text: "please restart checkout in dev" });
  expect(understanding).toMatchObject({ status: "ready", runbook: "ops.restart", parameters: { service: "checkout" } });
  expect(goal).toMatchObject({
    status: "open",
    environment: "dev",
    text: "please restart checkout in dev",
    runs: [{ id: run?.id }],
  });
  await api.engine.reaches(run?.id ?? "", "succeeded");
  expect(await api.client.goals.get(goal?.id ?? "")).toMatchObject({ status: "met" });
  expect((await api.client.runs.get(run?.id ?? "")).goal).toBe("please restart checkout in dev");
  expect((await api.client.goals.list({ status: "met" })).items.map(({ id }) => id)).toEqual([goal?.id]);
  expect((await api.client.goals.list({ status: "open" })).items).toEqual([]);
});

test("a retry with other parameters is for the same goal, a dry run of it and a fork are not", async () => {
  const { goal, run } = await api.client.goals.create({ text: "please restart checkout in dev" });
  const id = run?.id ?? "";
  await api.engine.reaches(id, "succeeded");
  const again = await api.client.runs.rerun(id, { parameters: { service: "mailer" } });
  await api.client.runs.rerun(id, { parameters: { service: "search" }, dryRun: true });
  await api.client.runs.fork(id, { from: "restart" });
  expect((await api.client.goals.get(goal?.id ?? "")).runs.map((one) => one.id)).toEqual([again.id, id]);
});

test("explaining shows the plan that would run, its checks included, and what policy says; not before all is said", async () => {
  const text = "restart checkout in dev and check that https://checkout.example.com answers 200";
  const { plan, run } = await api.client.goals.create({ text, explain: true });
  expect(run).toBeNull();
  expect(plan?.plan.steps.map((step) => step.kind === "tool" && step.tool)).toEqual(["ops.restart", "check.http"]);
  expect(plan).toMatchObject({ digest: expect.any(String), decision: { result: expect.any(String) } });
  const shown = await api.client.runs.create({ plan: { ...plan?.plan, goal: text } as never, dryRun: true });
  expect(shown).toMatchObject({ dryRun: true, environment: "dev" });
  expect((await api.client.goals.create({ text: "restart a service", explain: true })).plan).toBeNull();
});

test("explaining keeps nothing and starts nothing", async () => {
  const before = await api.engine.db.query(
    "SELECT (SELECT count(*) FROM goals) AS goals, (SELECT count(*) FROM runs) AS runs",
  );
  await explain("restart mailer in dev");
  const after = await api.engine.db.query(
    "SELECT (SELECT count(*) FROM goals) AS goals, (SELECT count(*) FROM runs) AS runs",
  );
  expect(after.rows).toEqual(before.rows);
});

test("what is missing is asked for, and the answers are given beside the sentence", async () => {
  const call = api.client.goals.create({ text: "restart a service" });
  expect(await refusalOf(call)).toEqual([422, "goal_unclear"]);
  const error = await call.catch((cause: unknown) => cause as ApiError);
  expect((error as ApiError).problem.details).toMatchObject({
    understanding: { missing: [{ name: "service" }, { name: "environment", options: ["dev", "prod", "staging"] }] },
  });
  const { run } = await api.client.goals.create({
    text: "restart a service",
    environment: "dev",
    parameters: { service: "search" },
  });
  expect(run).toMatchObject({ runbook: "ops.restart", environment: "dev" });
});

test("what no runbook does is refused with what could be done", async () => {
  expect(await refusalOf(api.client.goals.create({ text: "book a flight to Lisbon" }))).toEqual([
    422,
    "goal_not_understood",
  ]);
  expect(await explain("don't restart checkout in dev")).toMatchObject({ status: "refused", runbook: null });
});

test("what is destroyed is named exactly or asked for, never guessed from what is known", async () => {
  await api.client.runs.create({ runbook: "ops.drop", parameters: { database: "orders" }, environment: "dev" });
  expect(await explain("drop the database ordrs in dev")).toMatchObject({
    status: "asks",
    parameters: {},
    missing: [{ name: "database", reason: "not_exact", options: ["orders"] }],
  });
  expect(await explain("drop the database in dev")).toMatchObject({ status: "asks", missing: [{ name: "database" }] });
  expect(await explain("drop the database orders in dev")).toMatchObject({
    status: "ready",
    effect: "destroys",
    parameters: { database: "orders" },
  });
});

test("names of another organization are neither suggested nor known", async () => {
  const tenant = await api.addTenant("neighbours");
  await tenant.client.runs.create({ runbook: "ops.drop", parameters: { database: "topsecret" }, environment: "dev" });
  expect(await explain("drop the database topsecre in dev", {}, tenant.client)).toMatchObject({
    missing: [{ options: ["topsecret"] }],
  });
  const read = await explain("drop the database topsecre in dev");
  expect(JSON.stringify(read)).not.toContain("topsecret");
  const { goal } = await tenant.client.goals.create({ text: "restart checkout in dev" });
  expect(await refusalOf(api.client.goals.get(goal?.id ?? ""))).toEqual([404, "not_found"]);
  expect((await api.client.goals.list()).items.map(({ id }) => id)).not.toContain(goal?.id);
});

test("what shall hold afterwards becomes the last step of the plan, and decides whether the goal is met", async () => {
  const ask = (url: string) =>
    api.client.goals.create({ text: `restart checkout in dev and check that ${url} answers 204` });
  const good = await ask("https://checkout.example.com/health");
  const plan = await api.client.runs.plan(good.run?.id ?? "");
  expect(plan.steps.at(-1)).toMatchObject({
    tool: "check.http",
    input: { url: "https://checkout.example.com/health", status: 204 },
    after: ["restart"],
  });
  await api.engine.reaches(good.run?.id ?? "", "succeeded");
  expect(await api.client.goals.get(good.goal?.id ?? "")).toMatchObject({ status: "met" });

  const bad = await ask("https://broken.example.com/");
  await api.engine.reaches(bad.run?.id ?? "", "failed");
  expect((await api.client.runs.get(bad.run?.id ?? "")).error).toMatchObject({ code: "verification_failed" });
  expect(await api.client.goals.get(bad.goal?.id ?? "")).toMatchObject({ status: "open" });
});

test("what can't be checked is said, and nothing is started without it", async () => {
  const text = "restart checkout in dev and make sure that customers are happy";
  expect(await explain(text)).toMatchObject({ status: "asks", missing: [{ name: "checks", reason: "not_possible" }] });
  expect(await refusalOf(api.client.goals.create({ text }))).toEqual([422, "goal_unclear"]);
});

test("a runbook that an organization published is found by its words, by nobody else, until it is deprecated", async () => {
  const publisher = await api.addTenant("publishers");
  const source = `
name: shop.prewarm
version: 1.0.0
title: Prewarm the storefront
intents: [prewarm the storefront]
parameters:
  time: {type: duration, help: For how long}
  code: {type: text, help: Code of the campaign, pattern: "^(C+)+[0-9]$"}
steps:
  - id: restart
    tool: ops.restart
    input: {service: storefront}
`;
  const at = { name: "shop.prewarm", version: "1.0.0" };
  await publisher.client.runbooks.publish(at, { source });
  const text = `prewarm the storefront for 90 minutes in dev, code ${"C".repeat(60)}`;
  expect(await explain(text, {}, publisher.client)).toMatchObject({
    runbook: "shop.prewarm",
    parameters: { time: "90m" },
    effect: "changes",
  });
  expect((await explain(text)).runbook).not.toBe("shop.prewarm");
  const { run } = await publisher.client.goals.create({ text, parameters: { code: "CC1" } });
  expect(run).toMatchObject({ runbook: "shop.prewarm" });
  await publisher.client.runbooks.deprecate(at, { since: "today" });
  expect((await explain(text, {}, publisher.client)).runbook).not.toBe("shop.prewarm");
});

test("a goal can be tried again until it is abandoned", async () => {
  const { goal } = await api.client.goals.create({ text: "restart checkout in dev" });
  const id = goal?.id ?? "";
  const second = await api.client.goals.tryAgain(id);
  expect((await api.client.goals.get(id)).runs.map((run) => run.id)).toContain(second.id);
  expect(await api.client.goals.abandon(id, "not wanted any more")).toMatchObject({
    status: "abandoned",
    abandoned: { reason: "not wanted any more", by: { name: "administrator" } },
  });
  expect(await refusalOf(api.client.goals.tryAgain(id))).toEqual([409, "goal_abandoned"]);
});

test("a sentence that is a document is refused before it is read", async () => {
  expect(await refusalOf(explain("restart ".repeat(12_500)))).toEqual([400, "invalid_request"]);
});

test("a goal past a quota is refused as a run would be, and neither is kept; also when it is tried again", async () => {
  const tenant = await api.addTenant("quotas");
  const ask = () => tenant.client.goals.create({ text: "restart checkout in dev" });
  const { goal } = await ask();
  await tenant.client.quotas.set("submissions_per_hour", { limit: 1 });
  expect(await refusalOf(ask())).toEqual([429, "quota_exceeded"]);
  expect(await refusalOf(tenant.client.goals.tryAgain(goal?.id ?? "", { parameters: {} }))).toEqual([
    429,
    "quota_exceeded",
  ]);
  expect((await tenant.client.goals.list()).items.map(({ id }) => id)).toEqual([goal?.id]);
  expect((await tenant.client.runs.list()).items).toHaveLength(1);
  await tenant.client.quotas.set("submissions_per_hour", { limit: null });
  await tenant.client.quotas.set("steps_per_run", { limit: 0 });
  expect(await refusalOf(ask())).toEqual([429, "quota_exceeded"]);
});
