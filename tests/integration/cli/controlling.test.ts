import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

vi.setConfig({ testTimeout: 90_000 });

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
