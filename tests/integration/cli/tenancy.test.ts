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

test("a project gets an environment, a variable and a team with a role, and each says what holds there", async () => {
  expect((await cli.run(["project", "create", "shop"])).stderr).toContain(
    "gantry environment create dev --project shop",
  );
  expect((await cli.run(["environment", "create", "dev", "--project", "shop"])).code).toBe(0);
  const edited = await cli.run(["environment", "edit", "dev", "--project", "shop", "--protection", "strict"]);
  expect(edited.stderr).toContain("shop/dev: strict, pool default.");
  await cli.run(["variable", "set", "region", "eu-central-1", "--project", "shop"]);
  const got = await cli.run(["variable", "get", "region", "--project", "shop", "-e", "dev"]);
  expect(got).toMatchObject({ code: 0, stdout: "eu-central-1\n" });
  expect(got.stderr).toContain("Of project shop, set by administrator");

  await cli.run(["actor", "create", "Release engineer"]);
  await cli.run(["team", "create", "payments"]);
  expect((await cli.run(["team", "add", "payments", "Release engineer"])).stderr).toContain("is in payments now");
  const granted = await cli.run(["role", "grant", "operator", "--team", "payments", "--project", "shop", "-e", "dev"]);
  expect(granted.stderr).toContain("team payments is operator of shop/dev.");
  const shown = await cli.run(["actor", "show", "Release engineer"]);
  expect(shown.stdout).toMatch(/teams {2}payments\n {2}viewer of the organization\n {2}operator of shop\/dev\n/);
  expect((await cli.run(["actor", "disable", "administrator"])).stderr).toContain("last_owner");
});

test("an organization's key stands on stdout, and its deletion needs its name and prints the receipt's token", async () => {
  const created = await cli.run(["organization", "create", "Second shop", "--owner", "shop owner"]);
  const key = created.stdout.trim();
  expect(key).toMatch(/^gantry_[0-9a-f]{8}_[0-9a-f]{64}$/);
  expect((await cli.run(["organization", "show"], { key })).stdout).toMatch(/^Second shop/);
  const wrong = await cli.run(["organization", "delete", "--confirm", "default"], { key });
  expect(wrong).toMatchObject({ stdout: "", stderr: expect.stringContaining("name_not_confirmed") as string });
  const deleted = await cli.run(["organization", "delete", "--confirm", "Second shop"], { key });
  const token = deleted.stdout.trim();
  expect(token).toMatch(/^[\w-]{32}$/);
  expect((await cli.run(["organization", "receipt", token], { key })).stdout).toMatch(/^Second shop {2}\S+: deleting/);
  expect((await cli.run(["organization", "receipt", "--json"])).stdout).toContain("Second shop");
});
