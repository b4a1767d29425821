import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plan } from "@gantry/sdk";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

let api: TestApi;
let cli: TestCli;
beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  cli = await createTestCli({ url: api.url, key: api.key });
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const step = (id: string, input: object, after: string[] = []) => ({
  kind: "tool" as const,
  id,
  after,
  agent: "test",
  tool: "test.look",
  input,
  undo: "tool" as const,
});

/** Nobody wrote a runbook for it: a program or a model made the plan. */
async function done(whom: string): Promise<string> {
  const plan = {
    format: 1,
    goal: `Greet ${whom}`,
    runbook: null,
    parameters: {},
    environment: "dev",
    steps: [step("look", { whom, loudly: true }), step("again", { whom, seen: { $ref: ["look", "to"] } }, ["look"])],
    tools: [],
    onFailure: "stop",
  } as unknown as Plan;
  const { id } = await api.client.runs.create({ plan });
  await api.engine.reaches(id, "succeeded");
  return id;
}

test("two good runs of the same steps make a runbook of what differs, which is published and does the same for others", async () => {
  const [first, second] = [await done("Ada"), await done("Grace")];
  const made = await cli.run(["runbook", "from-run", first, "--compare", second, "--name", "shop.greet"]);
  expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('whom = "Ada"') });
  await writeFile(join(cli.home, "greet.yaml"), made.stdout);
  expect((await cli.run(["runbook", "publish", "greet.yaml"])).code).toBe(0);
  const again = await cli.run(["run", "shop.greet", "-e", "dev", "-p", "whom=Alan", "--wait"]);
  expect(again.code).toBe(0);
  const { steps } = await api.client.runs.plan(again.stdout.trim());
  expect(steps).toMatchObject([
    { input: { whom: "Alan", loudly: true } },
    { input: { whom: "Alan" }, after: ["look"] },
  ]);
});

test("alone it says what it found and how to find more, and a run that didn't go well is refused", async () => {
  const run = await done("Ada");
  const made = await cli.run(["runbook", "from-run", run, "--name", "shop.greet", "--title", "Greet Ada", "--json"]);
  expect(JSON.parse(made.stdout)).toMatchObject({ parameters: {}, text: expect.stringContaining("title: Greet Ada") });
  const failing = await api.client.runs.create({
    runbook: "test.change",
    parameters: { to: "blue" },
    environment: "staging",
  });
  const refused = await cli.run(["runbook", "from-run", failing.id, "--name", "shop.greet"]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("becomes a runbook") });
});
