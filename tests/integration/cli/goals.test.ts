import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";
import { startGoalsApi } from "../../support/goals.ts";

let api: TestApi;
let cli: TestCli;

beforeAll(async () => {
  api = await startGoalsApi();
  await api.engine.startWorker();
  cli = await createTestCli({ url: api.url, key: api.key });
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

test("explaining prints what was understood as JSON, and starts nothing", async () => {
  const { code, stdout } = await cli.run(["goal", "restart checkout in dev", "--explain", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    runbook: "ops.restart",
    confidence: expect.any(Number),
    parameters: { service: "checkout" },
    missing: [],
    alternatives: expect.any(Array),
  });
  expect((await cli.run(["goals", "list", "--json"])).stdout).toBe("[]\n");
});

test("without a terminal what is missing is printed, and the exit code is 2", async () => {
  const { code, stderr, stdout } = await cli.run(["goal", "drop a database"]);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(
    /database: Name of the database\?[^]*environment: In which environment\?[^]*code goal_unclear/,
  );
});

test("a goal is carried out, listed with its status, and shown with its runs", async () => {
  const { code, stdout } = await cli.run(["goal", "restart a service in dev", "-p", "service=checkout"]);
  expect(code).toBe(0);
  const run = stdout.trim();
  const [goal] = JSON.parse((await cli.run(["goals", "list", "--json"])).stdout) as { id: string; status: string }[];
  expect(goal).toMatchObject({ status: "met", runs: [{ id: run }] });
  const shown = await cli.run(["goals", "show", goal?.id.slice(0, 18) ?? ""]);
  expect(shown.stdout).toMatch(/status +met[^]*service = "checkout"/);
});

test("a configured environment does where the sentence leaves it open, but not where something is destroyed", async () => {
  const env = { GANTRY_ENVIRONMENT: "dev" };
  const restart = await cli.run(["goal", "restart checkout", "--explain", "--json"], { env });
  expect(JSON.parse(restart.stdout)).toMatchObject({ status: "ready", environment: "dev" });
  const drop = await cli.run(["goal", "drop the database orders", "--explain", "--json"], { env });
  expect(JSON.parse(drop.stdout)).toMatchObject({ status: "asks", missing: [{ name: "environment" }] });
});

test("on a terminal it asks for what is missing and whether it is right, and starts what was shown", async () => {
  const started = cli.onTerminal(["goal", "restart a service in dev"]);
  await started.says(/service: Name of the service\?/);
  started.child.stdin?.write("search\n");
  await started.says(/Is that what you want\?/);
  started.child.stdin?.write("y\n");
  expect((await started.ended).code).toBe(0);
  const { items } = await api.client.goals.list();
  expect(items[0]).toMatchObject({ parameters: { service: "search" } });
});

test("on a terminal no is no", async () => {
  const before = (await api.client.goals.list()).items.length;
  const started = cli.onTerminal(["goal", "restart checkout in dev"]);
  await started.says(/Is that what you want\?/);
  started.child.stdin?.write("\n");
  expect((await started.ended).code).toBe(1);
  expect((await api.client.goals.list()).items).toHaveLength(before);
});
