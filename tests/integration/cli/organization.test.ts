import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

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

test("an empty list is [] in JSON, nothing on stdout in a pipe, and says on stderr what to do", async () => {
  expect(await cli.run(["runs", "list", "--json"])).toMatchObject({ code: 0, stdout: "[]\n" });
  const plain = await cli.run(["runs", "list"]);
  expect(plain).toMatchObject({ code: 0, stdout: "" });
  expect(plain.stderr).toContain("gantry run <runbook>");
});

test("in a pipe a list is lines with tabs, uncut and without colour", async () => {
  const { stdout } = await cli.run(["runbooks", "list"]);
  expect(stdout).toBe(
    "test.change\t1.0.0\ttest\tChange something\ntest.look\t1.0.0\ttest\tLook around\ntest.swap\t1.0.0\ttest\tLook, swap, and look again\n",
  );
});

test("a runbook is shown with what its parameters take", async () => {
  const { stdout } = await cli.run(["runbooks", "show", "test.change"]);
  expect(stdout).toContain("to  text, required.");
  expect(stdout).toContain("gantry run test.change --environment <name> -p to=…");
});

test("a plan is shown, or given as JSON, and nothing runs", async () => {
  const plan = ["plan", "test.change", "-e", "staging", "-p", "to=blue"];
  const shown = await cli.run(plan);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/policy +require approval: 1 of approvers[^]*1\. \S.*changes, test\.change/);
  expect(JSON.parse((await cli.run([...plan, "--json"])).stdout)).toMatchObject({
    decision: { result: "require_approval" },
  });
  expect((await cli.run(["runs", "list", "--json"])).stdout).toBe("[]\n");
});

test("an actor gets a key, which stands on stdout once, works, and doesn't once it is revoked", async () => {
  const actor = (await cli.run(["actor", "create", "deploy bot", "--service", "--group", "builders"])).stdout.trim();
  const created = await cli.run(["key", "create", "--actor", "deploy bot", "--scope", "read", "--expires", "1h"]);
  const key = created.stdout.trim();
  expect(key).toMatch(/^gantry_[0-9a-f]{8}_[0-9a-f]{64}$/);
  expect(created.stderr).not.toContain(key);
  const listed = await cli.run(["key", "list"]);
  expect(listed.stdout).toMatch(new RegExp(`${key.slice(0, 15)}\tdeploy bot\tread\tuntil `));
  expect(listed.stdout).not.toContain(key);

  expect((await cli.run(["actor", "list", "--json"], { key })).stdout).toContain(actor);
  const refused = await cli.run(["run", "test.look", "-e", "dev"], { key });
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain("code scope_missing");

  expect((await cli.run(["key", "revoke", key.slice(0, 15)])).code).toBe(0);
  expect(await cli.run(["actor", "list"], { key })).toMatchObject({ code: 4, stdout: "" });
});

test("environments are created and listed", async () => {
  expect((await cli.run(["environment", "create", "canary", "--protection", "strict"])).code).toBe(0);
  expect((await cli.run(["environment", "list"])).stdout).toContain("default\tcanary\tstrict\tdefault\n");
  const again = await cli.run(["environment", "create", "canary"]);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("code name_taken");
});

test("a secret is read from stdin, listed without its value, and deleted", async () => {
  const scope = ["--project", "default", "-e", "staging"];
  const stored = await cli.run(["secret", "set", "token", ...scope], { input: "hunter2\n" });
  expect(stored.stderr).toContain("Stored token, version 1, for default/staging.");
  const listed = await cli.run(["secret", "list", ...scope]);
  expect(listed.stdout).toMatch(/^token\tdefault\/staging\t1\t/);
  expect(listed.stdout + stored.stdout + stored.stderr).not.toContain("hunter2");
  expect((await cli.run(["secret", "rm", "token", ...scope])).code).toBe(0);
  expect((await cli.run(["secret", "list", ...scope, "--json"])).stdout).toBe("[]\n");
  expect((await cli.run(["secret", "set", "token"])).code).toBe(2);
  expect((await cli.run(["secret", "list", "-e", "staging"])).code).toBe(2);
});

test("a secret that is typed isn't shown", async () => {
  const typed = cli.onTerminal(["secret", "set", "typed"]);
  await typed.says(/Value of typed:/);
  typed.child.stdin?.write("hunter3\r");
  const { code, stdout } = await typed.ended;
  expect(code).toBe(0);
  expect(stdout).toContain("Stored typed, version 1, for the organization.");
  expect(stdout).not.toContain("hunter3");
});

test("the kill switch is turned on with a reason, shown, and lifted", async () => {
  expect((await cli.run(["kill-switch", "on"])).code).toBe(2);
  const on = await cli.run(["kill-switch", "on", "--reason", "smoke in the server room"]);
  expect(on.stdout).toMatch(/^ON in this organization since .* UTC by administrator: smoke in the server room\n$/);
  expect((await cli.run(["kill-switch", "status"])).stdout).toBe(on.stdout);
  expect((await cli.run(["kill-switch", "off"])).stdout).toBe("off\n");
});
