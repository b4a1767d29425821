import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plan } from "@gantry/sdk";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";
import type { TestWorker } from "../../support/engine.ts";

let api: TestApi;
let cli: TestCli;
let worker: TestWorker;

beforeAll(async () => {
  api = await startTestApi();
  worker = await api.engine.startWorker();
  cli = await createTestCli({ url: api.url, key: api.key });
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

async function startWaiting(count: number): Promise<string[]> {
  const steps = [{ id: "word", kind: "wait", for: { kind: "signal", name: "go" } }];
  const rest = { format: 1, runbook: null, parameters: {}, environment: "dev", tools: [], onFailure: "stop" };
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const { id } = await api.client.runs.create({ plan: { ...rest, goal: `Wait ${n}`, steps } as unknown as Plan });
    await api.engine.reaches(id, "waiting");
    ids.push(id);
  }
  return ids;
}

const filter = ["--filter", "status=waiting", "--environment", "dev"];

test("on a terminal the count and a sample are shown, and the count must be typed", async () => {
  const [run = ""] = await startWaiting(12);
  const asked = cli.onTerminal(["runs", "pause", ...filter, "--reason", "lunch"]);
  const shown = await asked.says(/Really pause these 12 runs\? Type 12:/);
  expect(shown).toContain("pause: 12 runs");
  expect(shown).toContain("and 2 more");
  asked.child.stdin?.write("11\r");
  expect(await asked.ended).toMatchObject({ code: 1 });
  expect((await api.client.runs.get(run)).status).toBe("waiting");
  const again = cli.onTerminal(["runs", "pause", ...filter]);
  await again.says(/Type 12:/);
  again.child.stdin?.write("12\r");
  const { code, stdout } = await again.ended;
  expect(stdout).toContain("pause done: 12 ok, 0 refused, 0 pending");
  expect(code).toBe(0);
  await api.engine.reaches(run, "paused");
});

test("without a terminal --yes needs the count that is expected, and another one does nothing", async () => {
  const [run = "", other = ""] = await startWaiting(2);
  const blind = await cli.run(["runs", "cancel", ...filter]);
  expect(blind.code).toBe(2);
  expect(blind.stderr).toContain("--yes --expect-count 2");
  expect(await cli.run(["runs", "cancel", ...filter, "--yes"])).toMatchObject({ code: 2 });
  expect(await cli.run(["runs", "cancel"])).toMatchObject({ code: 2 });
  const wrong = await cli.run(["runs", "cancel", ...filter, "--yes", "--expect-count", "3"]);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("bulk_count_differs");
  expect((await api.client.runs.get(run)).status).toBe("waiting");
  const right = await cli.run(["runs", "cancel", ...filter, "--yes", "--expect-count", "2", "--json"]);
  expect(right.code).toBe(0);
  const result = JSON.parse(right.stdout) as { id: string };
  expect(result).toMatchObject({
    status: "done",
    progress: { ok: 2, refused: 0 },
    items: [
      { run: other, result: "ok" },
      { run, result: "ok" },
    ],
  });
  expect((await cli.run(["runs", "bulk", result.id])).stdout).toMatch(new RegExp(`${run}\tok\t`));
});

test("watching shows answers as they come, also refusals, which are no events, and ends with the last", async () => {
  const runs = await startWaiting(2);
  const { bulkActions } = api.client;
  const { id } = await bulkActions.create({ command: { action: "cancel", reason: null }, filter: { runs } });
  for (const run of runs) {
    await api.client.runs.signal(run, { name: "go" });
    await api.engine.reaches(run, "succeeded");
  }
  await worker.drain();
  await bulkActions.confirm(id, 2);
  const watching = cli.start(["runs", "bulk", id, "--watch", "--json"]);
  await watching.says(/"result":"pending"/);
  await api.engine.startWorker();
  const { code, stdout } = await watching.ended;
  expect(code).toBe(0);
  for (const run of runs) expect(stdout).toMatch(new RegExp(`"id":"${run}"[^\n]*"result":"refused"`));
});
