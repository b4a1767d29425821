import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type StartedCli, type TestCli } from "../../support/cli.ts";

let api: TestApi;
let cli: TestCli;

beforeAll(async () => {
  api = await startTestApi();
  cli = await createTestCli({ url: api.url, key: api.key });
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const create = async (goal: string): Promise<string> =>
  (await api.client.runs.create({ runbook: "test.look", environment: "dev", parameters: {}, goal })).id;

async function interrupted(watching: StartedCli): Promise<string> {
  watching.child.kill("SIGINT");
  const { code, stdout, stderr } = await watching.ended;
  expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
  return stdout;
}

test("with --json a list is its items and then what changes, as JSON lines between an opening and an end", async () => {
  const first = await create("the first");
  const watching = cli.start(["runs", "list", "--watch", "--json"]);
  await watching.says(new RegExp(first));
  const second = await create("the second");
  await watching.says(new RegExp(second));
  await api.client.runs.cancel(first, { undo: false, reason: null });
  await api.engine.startWorker();
  await watching.says(new RegExp(`"id":"${first}"[^\n]*"canceled"`));
  const lines = (await interrupted(watching)).trim().split("\n");
  const values = lines.map((line) => JSON.parse(line) as { type: string; item?: { id: string } });
  expect(values[0]).toEqual({ type: "gantry.stream", version: 1, stream: "runs" });
  expect(values.at(-1)).toEqual({ type: "gantry.end", exit: 130 });
  const ids = values.slice(1, -1).map(({ type, item }) => [type, item?.id]);
  expect(ids.slice(0, 2)).toEqual([
    ["gantry.item", first],
    ["gantry.item", second],
  ]);
});

test("in a pipe a line is appended for what changes", async () => {
  const watching = cli.start(["runs", "list", "--watch", "--status", "succeeded"]);
  const id = await create("in a pipe");
  await watching.says(new RegExp(`${id}\tsucceeded\tdev\ttest.look`));
  expect(await interrupted(watching)).not.toContain("\u001b");
});

test("on a terminal the list is drawn over itself, and Ctrl-C gives the cursor back", async () => {
  const watching = cli.onTerminal(["runs", "list", "--watch", "--limit", "3"]);
  await watching.says(/Ctrl-C ends it/);
  await create("漢字 on a terminal");
  await watching.says(/漢字/);
  watching.child.stdin?.write("\u0003");
  const { code, stdout } = await watching.ended;
  expect(code).toBe(130);
  expect(stdout.match(/\u001b\[\?25l/g)).toHaveLength(1);
  expect(stdout).toMatch(/\u001b\[\d+A\r/);
  expect(stdout).toMatch(/\u001b\[\?25h\s*$/);
});

test("a run is shown until it has ended", async () => {
  const id = await create("to its end");
  const { code, stdout } = await cli.run(["runs", "show", id, "--watch", "--json"]);
  expect(code).toBe(0);
  const lines = stdout.trim().split("\n");
  expect(JSON.parse(lines.at(-1) ?? "")).toEqual({ type: "gantry.end", exit: 0 });
  expect(JSON.parse(lines.at(-2) ?? "")).toMatchObject({ type: "gantry.item", item: { id, status: "succeeded" } });
});

test("workers and approvals are watched too", async () => {
  const workers = cli.start(["workers", "list", "--watch", "--json"]);
  await workers.says(/"gantry.item"/);
  await interrupted(workers);
  const approvals = cli.start(["approvals", "--watch"]);
  const { id } = await api.client.runs.create({ runbook: "test.change", environment: "prod", parameters: { to: "b" } });
  await approvals.says(new RegExp(`${id}\t`));
  expect(await interrupted(approvals)).toMatch(/\t1 of approvers\t/);
});
