import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

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

test("what would be started is shown with origins and without secrets, and starts nothing", async () => {
  const file = join(cli.home, "gantry.env");
  await writeFile(file, "GANTRY_PROFILE=server\nGANTRY_URL=https://gantry.example\nGANTRY_SANDBX=off\n");
  await writeFile(join(cli.home, "database"), "postgresql://gantry:hunter2@db/gantry\n");
  const env = { GANTRY_CONFIG_FILE: file, GANTRY_DATABASE_URL_FILE: join(cli.home, "database") };
  const { code, stdout, stderr } = await cli.run(["up", "--check", "--port", "80"], { env });
  expect(code).toBe(0);
  expect(stdout).toContain(`GANTRY_URL\thttps://gantry.example\t${file}:2\n`);
  expect(stdout).toContain("GANTRY_DATABASE_URL\t(secret)\tGANTRY_DATABASE_URL_FILE (environment)\n");
  expect(stdout).toContain("GANTRY_SANDBOX\trequired\tprofile server\n");
  expect(stdout).toContain("GANTRY_PORT\t80\tenvironment\n");
  expect(stderr).toContain("Did you mean GANTRY_SANDBOX?");
  expect(stdout + stderr).not.toContain("hunter2");
});

test("all that is wrong with it is said at once", async () => {
  const env = { GANTRY_PROFILE: "server", GANTRY_PORT: "many", GANTRY_DATABASE_URL: "mysql://root:hunter2@db" };
  const { code, stdout, stderr } = await cli.run(["up", "--check"], { env });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  for (const name of ["GANTRY_PORT", "GANTRY_DATABASE_URL", "GANTRY_URL"]) expect(stderr).toContain(`- ${name}: must`);
  expect(stderr).toContain("code config_invalid");
  expect(stderr).not.toContain("hunter2");
});
