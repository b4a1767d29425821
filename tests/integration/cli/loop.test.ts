import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunDetail } from "@gantry/sdk/api";
import { startTestApi, type Person, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

// Every command is a process of its own, and the machine may be busy.
let api: TestApi;
let approver: Person;
let cli: TestCli;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  approver = await api.addPerson("approver", { groups: ["approvers"] });
  cli = await createTestCli({ url: api.url, key: api.key });
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const change = ["run", "test.change", "-e", "staging", "-p", "to=blue"];

test("a run that only reads comes through with exit code 0; stdout is its id, stderr a line per change of state", async () => {
  const { code, stdout, stderr } = await cli.run(["run", "test.look", "-e", "staging"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
  expect(stderr).toMatch(/look: run started/);
  expect(stderr).toMatch(/succeeded in .*: 1 done/);
  expect(stderr).not.toContain("\u001b");
});

test("a change stops at the gate with exit code 3 and says all that an approver needs, with the very command", async () => {
  const { code, stdout, stderr } = await cli.run(change);
  const run = stdout.trim();
  expect(code).toBe(3);
  expect(stderr).toContain("Waiting for approval");
  for (const label of ["goal", "change", "risk", "touches", "steps", "undo", "policy", "needs", "hash"]) {
    expect(stderr).toMatch(new RegExp(`^  ${label} `, "m"));
  }
  const [, hash = ""] = /gantry approve \S+ (sha256:[0-9a-f]{64})/.exec(stderr) ?? [];
  expect(stderr).toContain(`gantry approve ${run} ${hash}`);

  const own = await cli.run(["approve", run, hash]);
  expect(own.code).toBe(4);
  expect(own.stderr).toMatch(/error: /);

  const approved = await cli.run(["approve", run, hash, "--wait"], { key: approver.key });
  expect(approved.code).toBe(0);
  expect(approved.stderr).toMatch(/approved by approver for approvers/);
  expect(approved.stderr).toMatch(/succeeded in/);
});

test("the run in JSON is one document, also when it waits", async () => {
  const { code, stdout } = await cli.run([...change, "--json"]);
  expect(code).toBe(3);
  const run = JSON.parse(stdout) as RunDetail;
  expect(run).toMatchObject({ status: "waiting_for_approval", changeSets: [{ status: "open" }] });
});

test("approving without a hash and without a terminal is refused, and nothing is approved", async () => {
  const { stdout } = await cli.run([...change]);
  const run = stdout.trim();
  const { code, stderr } = await cli.run(["approve", run], { key: approver.key });
  expect(code).toBe(2);
  expect(stderr).toContain(`do:  gantry approve ${run} sha256:`);
  const shown = await cli.run(["runs", "show", run, "--json"]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ status: "waiting_for_approval" });
});

test("a rejected change ends with exit code 5 for who follows it", async () => {
  const { stdout } = await cli.run([...change]);
  const run = stdout.trim();
  const rejected = await cli.run(["reject", run, "--reason", "not today"], { key: approver.key });
  expect(rejected.code).toBe(0);
  const watched = await cli.run(["runs", "watch", run]);
  expect(watched.code).toBe(5);
  expect(watched.stderr).toContain("not today");
});

test("undo stops at a gate of its own with 3; who follows the run gets 6 once it is undone", async () => {
  const { stdout } = await cli.run([...change]);
  const run = stdout.trim();
  const hash = /sha256:[0-9a-f]{64}/.exec((await cli.run(["runs", "show", run])).stdout)?.[0] ?? "";
  await cli.run(["approve", run, hash, "--wait"], { key: approver.key });

  const gate = await cli.run(["undo", run, "--reason", "wrong colour"]);
  expect(gate.code).toBe(3);
  expect(gate.stderr).toMatch(/undo of +Change something[^]*gantry approve/);
  const second = JSON.parse((await cli.run(["runs", "show", run, "--json"])).stdout) as RunDetail;
  const open = second.changeSets.find(({ status }) => status === "open");
  expect(open?.changeSet.gate).toBe("undo");
  const undo = cli.start(["runs", "watch", run, "--wait"]);
  await undo.says(/undo: |change: run/);
  expect((await cli.run(["approve", run, open?.hash ?? ""], { key: approver.key })).code).toBe(0);
  const undone = await undo.ended;
  expect(undone.code).toBe(6);
  expect(undone.stderr).toMatch(/undone in .*1 undone, 0 left behind/);
});

test("undo --wait waits for the approval too, and 0 means that it is undone: that is what was asked for", async () => {
  const changed = await cli.run(["run", "test.change", "-e", "dev", "-p", "to=blue"]);
  expect(changed.code).toBe(0);
  const run = changed.stdout.trim();
  const undo = cli.start(["undo", run, "--reason", "wrong colour", "--wait"]);
  const undone = await undo.ended;
  expect(undone.code).toBe(0);
  expect(undone.stderr).toMatch(/undone in/);
});
