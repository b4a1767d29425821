import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

vi.setConfig({ testTimeout: 90_000 });

interface Report {
  ok: boolean;
  checks: { name: string; status: string; text: string; mend?: string }[];
}

let api: TestApi;
let cli: TestCli;

beforeAll(async () => {
  api = await startTestApi();
  cli = await createTestCli();
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const check = ({ checks }: Report, name: string) => checks.find((one) => one.name === name);

test("without a server it says what the machine has, how to start one, and that nothing required is missing", async () => {
  // A port that is surely free: the one of a server that lets the system choose.
  const { code, stdout } = await cli.run(["doctor", "--json"], { env: { GANTRY_PORT: "0" } });
  const report = JSON.parse(stdout) as Report;
  expect(check(report, "Node")).toMatchObject({ status: "ok" });
  expect(check(report, "git")).toMatchObject({ status: "ok" });
  expect(check(report, "server")).toMatchObject({ status: "missing", mend: "gantry up" });
  expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
});

test("with a server it asks for the key, workers, the kill switch and the clock; no worker alive is to be mended", async () => {
  const where = { url: api.url, key: api.key };
  const before = await cli.run(["doctor", "--json"], where);
  expect(before.code).toBe(1);
  expect(check(JSON.parse(before.stdout) as Report, "workers")).toMatchObject({
    status: "broken",
    mend: "gantry up --role worker",
  });

  await api.engine.startWorker();
  const after = await cli.run(["doctor"], where);
  expect(after.code).toBe(0);
  expect(after.stdout).toMatch(/^ok {4}server: .* is ready/m);
  expect(after.stdout).toMatch(/^ok {4}clock: agrees/m);
  expect(after.stdout).toMatch(/^ok {4}key: administrator of default \(from\s+GANTRY_KEY\)/m);
  expect(after.stdout).toMatch(/^ok {4}workers: 1 alive/m);
  expect(after.stdout).not.toContain(api.key);
});

test("a server that was named and doesn't answer is broken, not merely missing", async () => {
  const { code, stdout } = await cli.run(["doctor"], { url: "http://127.0.0.1:1" });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAIL {2}server: http:\/\/127\.0\.0\.1:1 \(GANTRY_URL\) doesn't answer/m);
});

test("tools that aren't there are said with what works without them, and nothing fails for it", async () => {
  const empty = join(cli.home, "empty");
  await mkdir(empty);
  const { code, stdout } = await cli.run(["doctor"], { env: { PATH: empty, GANTRY_PORT: "0" } });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^- {5}git: not found; deployments .* everything\s+else does$/m);
  expect(stdout).toMatch(/^- {5}bubblewrap: not found/m);
  expect(stdout).toMatch(/^- {5}terraform or tofu: not found/m);
});
