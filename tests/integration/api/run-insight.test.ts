import { afterAll, beforeAll, expect, test } from "vitest";
import { ToolFailedError } from "@gantry/sdk";
import { createLogWriter } from "../../../platform/src/blobs/index.ts";
import { removeOldLogs } from "../../../platform/src/store/records/retention-kinds.ts";
import { inTransaction } from "../../../platform/src/store/transaction.ts";
import { memoryTools, refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

let api: TestApi;
let cli: TestCli;

beforeAll(async () => {
  const tools = memoryTools.map((tool) => (tool.name === "test.swap" ? { ...tool, run: swapUnlessRed } : tool));
  api = await startTestApi({ tools });
  await api.engine.startWorker();
  cli = await createTestCli({ url: api.url, key: api.key });
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

function swapUnlessRed({ input }: { input: unknown }): never {
  const { to } = input as { to: string };
  if (to !== "red") return input as never;
  const outcome = { exitCode: 7, stdout: "", stderr: "no such colour: red", durationMs: 1 };
  throw new ToolFailedError("swap", ["--to", "red one", "--yes"], outcome);
}

async function swap(to: string, until: string): Promise<string> {
  const call = { runbook: "test.swap", parameters: { to }, environment: "dev" };
  const { id } = await api.client.runs.create(call);
  await api.engine.reaches(id, until);
  return id;
}

async function writeLog(run: string, attempt: string, text: string): Promise<void> {
  const { blobs: store, org } = api;
  const { db: pool } = api.engine;
  const schedule = (): (() => void) => () => undefined;
  const writer = createLogWriter({ pool, store, schedule, org, run, attempt });
  await writer.append("stderr", text, Date.now());
  await writer.close();
}

test("a failed run says its command, exit code, line, and what differs from the last good one; one that didn't says nothing", async () => {
  const older = await swap("blue", "succeeded");
  const good = await swap("green", "succeeded");
  const run = await swap("red", "failed");
  const attempt = (await api.client.runs.get(run)).steps.find(({ key }) => key === "swap")?.attempts.at(-1)?.id ?? "";
  await writeLog(run, attempt, "swapping\n\u001b[31merror:\u001b[0m no such colour: red\nbye");

  const { failure } = await api.client.runs.failure(run);
  expect(failure).toMatchObject({
    step: { key: "swap", tool: "test.swap" },
    attempt: { id: attempt, status: "failed" },
    error: { code: "tool_failed" },
    exitCode: 7,
    command: "swap --to 'red one' --yes",
    tries: 1,
    logPurged: false,
    line: { attempt, line: 2, text: "error: no such colour: red", before: ["swapping"], after: ["bye"] },
    lastGood: { run: { id: good }, parameters: [{ path: "to", a: "green", b: "red" }], tools: [] },
  });
  expect(failure?.lastGood?.input).toEqual([{ path: "to", a: "green", b: "red" }]);
  expect(await api.client.runs.failure(older)).toEqual({ failure: null });

  const said = await cli.run(["runs", "failure", run]);
  expect(said).toMatchObject({ code: 0 });
  expect(said.stdout).toContain("swap --to 'red one' --yes");
  expect(said.stdout).toMatch(/exit code +7/);
  expect(said.stdout).toContain("  > error: no such colour: red");
  expect(said.stdout).toContain(`last good one`);
  expect((await cli.run(["runs", "failure", good])).stderr).toContain("Nothing failed");

  const keep = { org: api.org, keepDays: 1 } as Parameters<typeof removeOldLogs>[1];
  await api.engine.admin.query("UPDATE runs SET finished_at = now() - interval '2 days' WHERE id = $1", [run]);
  await inTransaction(api.engine.admin, (tx) => removeOldLogs(tx, keep, 100));
  expect((await api.client.runs.failure(run)).failure).toMatchObject({ line: null, logPurged: true, exitCode: 7 });
  expect((await cli.run(["runs", "failure", run])).stdout).toContain("its log is no longer kept");
});

test("a run's timeline has a row per step and tells what was waited for, and a step its resolved input", async () => {
  const call = {
    runbook: "test.swap",
    parameters: { to: "blue", size: 3 },
    environment: "staging",
    project: "default",
  };
  await api.client.environments.create({ name: "staging", project: "default" }).catch(() => undefined);
  const { id } = await api.client.runs.create(call);
  await api.engine.reaches(id, "waiting_for_approval");
  const timeline = await api.client.runs.timeline(id);
  expect(timeline).toMatchObject({ to: null, waits: [{ on: "approval", to: null }], omitted: { rows: 0 } });
  expect(timeline.rows.map(({ step, bars }) => [step, bars.map(({ operation }) => operation)])).toEqual([
    ["before", ["run"]],
    ["swap", ["preview"]],
    ["after", []],
  ]);
  expect(await api.client.runs.step(id, "swap")).toMatchObject({ input: { to: "blue", size: 3 }, item: null });
  expect(await api.client.runs.step(id, "after")).toMatchObject({ input: null });
  expect(await refusalOf(api.client.runs.step(id, "nothing"))).toEqual([404, "not_found"]);

  const drawn = await cli.run(["runs", "timeline", id]);
  expect(drawn).toMatchObject({ code: 0 });
  expect(drawn.stdout).toMatch(/before +█/);
  expect(drawn.stdout).toMatch(/waited for approval/);
});
