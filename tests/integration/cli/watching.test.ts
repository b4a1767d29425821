import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunSummary } from "@gantry/sdk/api";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

// Every command is a process of its own, and the machine may be busy.
let api: TestApi;
let cli: TestCli;
/** A plan that waits for the signal `go`, and then for nothing. */
let waiting: string;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  cli = await createTestCli({ url: api.url, key: api.key });
  waiting = join(cli.home, "waiting.json");
  const plan = {
    format: 1,
    goal: "Wait for the word",
    runbook: null,
    parameters: {},
    environment: "dev",
    steps: [{ id: "word", kind: "wait", title: "Wait \u001b[31mfor\u001b[0m it", for: { kind: "signal", name: "go" } }],
    tools: [],
    onFailure: "stop",
  };
  await writeFile(waiting, JSON.stringify(plan));
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const startWaiting = async (): Promise<string> => {
  const { stdout } = await cli.run(["run", "--plan", waiting, "--detach"]);
  expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
  return stdout.trim();
};

test("--detach returns at once with the id, or with the run as JSON", async () => {
  const run = await startWaiting();
  const { code, stdout } = await cli.run(["run", "--plan", waiting, "--detach", "--json"]);
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as RunSummary).id).not.toBe(run);
});

test("Ctrl-C detaches with 130, says how to go on and how to cancel, and cancels nothing", async () => {
  const run = await startWaiting();
  const watching = cli.start(["runs", "watch", run]);
  await watching.says(/word: waits for the signal go/);
  watching.child.kill("SIGINT");
  const { code, stdout, stderr } = await watching.ended;
  expect(code).toBe(130);
  expect(stdout).toBe("");
  expect(stderr).toContain(`gantry runs watch ${run}`);
  expect(stderr).toContain(`gantry cancel ${run}`);
  expect((await api.client.runs.get(run)).status).toBe("waiting");
});

test("--timeout stops following with 8 and leaves the run alone", async () => {
  const run = await startWaiting();
  const { code, stderr } = await cli.run(["runs", "watch", run, "--timeout", "100ms"]);
  expect(code).toBe(8);
  expect(stderr).toContain(`Not done after 100 ms. Run ${run} goes on.`);
  expect((await api.client.runs.get(run)).status).toBe("waiting");
});

test("events come as JSON lines between a version line and an end line", async () => {
  const run = await startWaiting();
  const watching = cli.start(["runs", "watch", run, "--json"]);
  await watching.says(/"step.waiting"/);
  await cli.run(["signal", run, "go", "--payload", '{"by":"hand"}']);
  const { code, stdout } = await watching.ended;
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; seq?: number });
  expect(code).toBe(0);
  expect(lines[0]).toEqual({ type: "gantry.stream", version: 1, stream: "events", run });
  expect(lines.at(-1)).toEqual({ type: "gantry.end", status: "succeeded", exit: 0 });
  const seqs = lines.slice(1, -1).map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
});

test("a run that has ended is shown with its whole history, and watching it ends at once", async () => {
  const run = await startWaiting();
  await cli.run(["signal", run, "go", "--wait"]);
  const { code, stderr } = await cli.run(["runs", "watch", run]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/run created.*\n[^]*\n.*signal go received by administrator\n[^]*succeeded in/);
});

test("a run is found by the beginning of its id, and not when two begin so", async () => {
  const run = await startWaiting();
  const found = await cli.run(["runs", "show", run.slice(0, 23), "--json"]);
  expect((JSON.parse(found.stdout) as RunSummary).id).toBe(run);
  const many = await cli.run(["runs", "show", run.slice(0, 4)]);
  expect(many).toMatchObject({ code: 1, stdout: "" });
  expect(many.stderr).toMatch(/\d+ runs have an id that begins with/);
  const none = await cli.run(["runs", "show", "ffffffff"]);
  expect(none.stderr).toMatch(
    /No run has an id that begins with "ffffffff"[^]*do: {2}gantry runs list[^]*code run_unknown/,
  );
});

test("on a terminal the steps are drawn over themselves within its 60 columns", async () => {
  const run = await startWaiting();
  const watching = cli.onTerminal(["runs", "watch", run]);
  await watching.says(/waits for signal: go/);
  await cli.run(["signal", run, "go"]);
  const { code, stdout } = await watching.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/\u001b\[\d+A\u001b\[0J/);
  expect(stdout).toContain("Wait for it");
  const lines = stdout.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, "").split(/\r?\n/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
  expect(lines.join("\n")).toMatch(/succeeded in/);
});

test("on a terminal Ctrl-C detaches too", async () => {
  const run = await startWaiting();
  const watching = cli.onTerminal(["runs", "watch", run]);
  await watching.says(/waits for signal: go/);
  watching.child.stdin?.write("\u0003");
  const { code, stdout } = await watching.ended;
  expect(code).toBe(130);
  expect(stdout).toContain(`gantry cancel ${run}`);
});

test.each([
  ["TERM=dumb", { TERM: "dumb" }],
  ["CI", { CI: "true" }],
])("with %s a terminal gets lines and no escape sequence", async (_, env) => {
  const run = await startWaiting();
  await cli.run(["signal", run, "go", "--wait"]);
  const { stdout } = await cli.onTerminal(["runs", "watch", run], { env }).ended;
  expect(stdout).toMatch(/word: waits for the signal go/);
  expect(stdout).not.toContain("\u001b");
});

test("NO_COLOR redraws without colour; FORCE_COLOR colours a pipe", async () => {
  const run = await startWaiting();
  await cli.run(["signal", run, "go", "--wait"]);
  const plain = await cli.onTerminal(["runs", "watch", run], { env: { NO_COLOR: "1" } }).ended;
  expect(plain.stdout).not.toMatch(/\u001b\[[0-9;]*m/);
  const colored = await cli.run(["runs", "show", run], { env: { FORCE_COLOR: "1" } });
  expect(colored.stdout).toMatch(/\u001b\[32msucceeded/);
});
