import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
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

test.each([
  [["runz"], "unknown command 'runz' (Did you mean one of run, runs?)"],
  [["runs", "list", "--bogus"], "unknown option '--bogus'"],
  [["pause"], "missing required argument 'run'"],
  [["run"], "Which runbook? None was given."],
  [["run", "test.look"], "Which environment? None was given."],
  [["run", "test.look", "-e", "dev", "-p", "colour=red"], "colour isn't a parameter of test.look; it takes at."],
  [["run", "test.change", "-e", "dev"], "to is missing (text)"],
  [["run", "test.look", "-e", "dev", "--priority", "11"], "It must be a whole number from -10 to 10."],
  [["run", "test.look", "-e", "nowhere"], "nowhere"],
  [["run", "nothing", "-e", "dev"], "nothing"],
  [["run", "test.lok", "-e", "dev"], "Did you mean test.look?"],
  [["runs", "list", "--statu", "failed"], "unknown option '--statu' (Did you mean --status?)"],
  [["help", "runs", "lits"], "Did you mean runs list?"],
  [["run", "--plan", "/nowhere.json"], "/nowhere.json can't be read"],
  [["runs", "watch", "0198c2f4", "--timeout", "soon"], "Write it like 90s, 15m, 2h or 1d."],
  [["runs", "list", "--status", "asleep"], "Allowed choices are queued"],
  [["approve", "0198c2f4-6a1b-7000-8000-000000000000", "sha256:1"], ""],
  [["key", "create"], "Give one --scope or more."],
  [["key", "create", "--scope", "everything"], "isn't a scope; they are read, run"],
])(
  "gantry %s exits with 2 (or 1 where the server must be asked first) and says what is wrong",
  async (parameters, said) => {
    const { code, stdout, stderr } = await cli.run(parameters);
    expect([1, 2]).toContain(code);
    expect(stdout).toBe("");
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(said);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toMatch(/\n {2}code \w+\n {2}(file|http):\S+\/errors\/\w+/);
  },
);

test("with --json the error is JSON on stdout as well", async () => {
  const usage = await cli.run(["pause", "--json"]);
  expect(usage.code).toBe(2);
  expect(JSON.parse(usage.stdout)).toMatchObject({
    error: { code: "usage", message: "missing required argument 'run'" },
  });
  const unknown = await cli.run(["runs", "show", "0198c2f4-6a1b-7000-8000-000000000000", "--json"]);
  expect(unknown.code).toBe(1);
  const { error } = JSON.parse(unknown.stdout) as { error: Record<string, string> };
  expect(error).toMatchObject({ code: "not_found", remedy: "gantry runs list" });
  expect(error["docs"]).toBe(`${api.url}/errors/not_found`);
  expect(error["requestId"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("without a key, and with a wrong one, it exits with 4", async () => {
  const none = await cli.run(["runs", "list"], { key: "" });
  expect(none.code).toBe(4);
  expect(none.stderr).toContain("code key_missing");
  const wrong = await cli.run(["runs", "list"], { key: `gantry_00000000_${"0".repeat(64)}` });
  expect(wrong.code).toBe(4);
  expect(wrong.stderr).toContain("code unauthorized");
});

test("where nobody listens it says so and how to start the server", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  await new Promise((resolve) => taken.close(resolve));
  const { code, stderr } = await cli.run(["runs", "list"], { url: `http://127.0.0.1:${port}` });
  expect(code).toBe(1);
  expect(stderr).toMatch(/No answer from http:\/\/127\.0\.0\.1:\d+[^]*do: {2}gantry up[^]*code connection_failed/);
});

test("a group without a command under it prints its help and exits with 2", async () => {
  const { code, stdout, stderr } = await cli.run(["runs"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("Usage: gantry runs");
});

test("help explains a command in full, and an error by its code", async () => {
  const command = await cli.run(["help", "runs", "list"]);
  expect(command).toMatchObject({ code: 0, stderr: "" });
  expect(command.stdout).toMatch(/^NAME\n {2}gantry runs list: Runs, newest first\.\n\nSYNOPSIS\n/);
  const error = await cli.run(["help", "change_set_stale"]);
  expect(error.stdout).toMatch(/^# change_set_stale\n[^]*\*\*What to do\.\*\*/);
});

test("help is data: on stdout, exit code 0, within 60 columns on such a terminal", async () => {
  expect(await cli.run(["--help"])).toMatchObject({ code: 0, stderr: "" });
  const { code, stdout } = await cli.onTerminal(["--help"]).ended;
  expect(code).toBe(0);
  for (const line of stdout.split(/\r?\n/)) expect(line.length).toBeLessThanOrEqual(62);
});
