import { afterAll, beforeAll, expect, test } from "vitest";
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

test("a dry run prints the change set, exits with 0, and is carried out by its id", async () => {
  const dry = await cli.run(["run", "test.swap", "-e", "dev", "-p", "to=blue", "--dry-run"]);
  expect(dry.code).toBe(0);
  const id = dry.stdout.trim();
  expect(dry.stderr).toContain("Dry run: nothing was changed");
  expect(dry.stderr).toMatch(/change +\+0 ~1 -0/);
  expect(dry.stderr).toMatch(/previewed +swap|1 previewed/);
  expect(dry.stderr).toContain(`gantry run --real ${id}`);
  expect((await cli.run(["runs", "list", "--dry-run", "--json"])).stdout).toContain(id);
  const real = await cli.run(["run", "--real", id, "--json"]);
  expect(real.code).toBe(0);
  expect(JSON.parse(real.stdout)).toMatchObject({ status: "succeeded", origin: { kind: "dry_run", run: id } });
  const approve = await cli.run(["approve", id, `sha256:${"0".repeat(64)}`]);
  expect(approve.code).toBe(1);
  expect(approve.stderr).toContain("run_is_dry");
});

test("a fork names what it keeps and what stays in place, and its run says where it is from", async () => {
  const source = (await cli.run(["run", "test.swap", "-e", "dev", "-p", "to=blue"])).stdout.trim();
  const fork = await cli.run(["fork", source, "--from", "swap", "--set", "to=green", "--set", "after:at=here"]);
  expect(fork.code).toBe(0);
  expect(fork.stderr).toContain(`kept from run ${source}: before`);
  expect(fork.stderr).toContain("carried out: swap, after");
  expect(fork.stderr).toMatch(/What swap did in run .* stays in place/);
  const shown = (await cli.run(["runs", "show", fork.stdout.trim()])).stdout;
  expect(shown).toContain(`run ${source}, forked at step swap`);
  expect(shown).toMatch(new RegExp(`kept +before +.*\\(from run`));
  expect((await cli.run(["runs", "show", source])).stdout).toContain(`run ${fork.stdout.trim()} (fork at swap`);
  const wrong = await cli.run(["fork", source, "--from", "swap", "--set", "to"]);
  expect(wrong).toMatchObject({ code: 2 });
  const loop = await cli.run(["fork", source, "--from", "nothing"]);
  expect(loop.stderr).toContain("fork_step_unknown");
});

test("a retry with other parameters shows what is other, and one without them goes on with the same run", async () => {
  const source = (await cli.run(["run", "test.swap", "-e", "dev", "-p", "to=blue"])).stdout.trim();
  const retry = await cli.run(["retry", source, "-p", "size=4", "--dry-run"]);
  expect(retry.code).toBe(0);
  expect(retry.stderr).toMatch(
    /Other parameters:\n {2}size\n {4}a {2}\(none\)\n {4}b {2}4\nOther steps:\n {2}before\.input\.size/,
  );
  expect(retry.stdout.trim()).not.toBe(source);
  const same = await cli.run(["retry", source]);
  expect(same.stderr).toContain("run_not_retryable");
  expect((await cli.run(["retry", source, "--dry-run"])).code).toBe(2);
});

test("a comparison of two runs is JSON, or readable at 60 columns", async () => {
  const of = async (to: string): Promise<string> =>
    (await cli.run(["run", "test.swap", "-e", "dev", "-p", `to=${to}`])).stdout.trim();
  const [a, b] = [await of("blue"), await of("green ".repeat(30))];
  const { stdout } = await cli.run(["runs", "compare", a, b, "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ same: false, parameters: [{ path: "to" }] });
  const screen = await cli.onTerminal(["runs", "compare", a, b]).ended;
  const lines = screen.stdout.replaceAll(/\u001b\[[0-9;]*m/g, "").split(/\r?\n/);
  expect(lines.filter((line) => line.length > 60)).toEqual([]);
  const text = lines.join("\n");
  for (const part of ["parameters", "plan", "steps", "swap input to", "change set", "time", "The same: tools."])
    expect(text).toContain(part);
});
