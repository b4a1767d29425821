import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

let api: TestApi;
let cli: TestCli;
let alone: TestCli;
beforeAll(async () => {
  api = await startTestApi();
  cli = await createTestCli({ url: api.url, key: api.key });
  alone = await createTestCli();
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await alone[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const greet = (version: string, more = ""): string => `name: shop.greet
version: ${version}
title: Greet
parameters:
  to: {type: text, help: Whom}
steps:
  - id: look
    tool: test.look
    input:
      at: \${{ parameters.to }}
${more}`;

async function write(of: TestCli, name: string, text: string): Promise<string> {
  await mkdir(join(of.home, "runbooks"), { recursive: true });
  await writeFile(join(of.home, "runbooks", name), text);
  return join("runbooks", name);
}

test("lint names file, line, column, hint and code, exits with 2, and knows the server's tools", async () => {
  const file = await write(cli, "bad.yaml", greet("1.0.0", "    timout: 5m\n").replace("test.look", "test.lok"));
  const { code, stdout, stderr } = await cli.run(["runbook", "lint", file]);
  expect(code).toBe(2);
  expect(stdout).toBe(
    `${file}:8:11: error: No agent here has a tool test.lok. Did you mean "test.look"? [runbook_tool_unknown]\n` +
      `${file}:11:5: error: There is no field "timout" here. Did you mean "timeout"? [runbook_field_unknown]\n`,
  );
  expect(stderr).toContain("1 file: 2 errors, 0 warnings.");
  const json = await cli.run(["runbook", "lint", file, "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject([{ line: 8, column: 11, code: "runbook_tool_unknown" }, { line: 11 }]);
});

test("without a server lint says what it can't know, and exits with 0", async () => {
  const file = await write(alone, "greet.yaml", greet("1.0.0"));
  const { code, stdout } = await alone.run(["runbook", "lint", "runbooks"]);
  expect(code).toBe(0);
  expect(stdout).toContain(
    `${file}:7:3: warning: Without a server it isn't known whether there are the tools test.look`,
  );
});

test("the plan of a file is shown without publishing it, with and without a server", async () => {
  const file = await write(cli, "render.yaml", greet("1.0.0"));
  const shown = await cli.run(["runbook", "render", file, "-e", "dev", "-p", "to=everybody"]);
  expect(shown.stdout).toContain("1. look [reads, test.look]");
  const json = await cli.run(["runbook", "render", file, "-e", "dev", "-p", "to=everybody", "--offline", "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    plan: { steps: [{ id: "look", input: { at: "everybody" } }], tools: [] },
  });
  expect((await cli.run(["runbook", "render", file, "-e", "dev"])).code).toBe(2);
});

test("cases in the file and beside it are run; one that fails says what was expected, and the exit code is 1", async () => {
  const cases = `tests:
  - {name: it greets, parameters: {to: you}, expect: {steps: [look], status: succeeded, inputs: {look: {at: you}}}}
`;
  const file = await write(alone, "cases.yaml", greet("1.0.0", cases));
  const good = await alone.run(["runbook", "test", file]);
  expect([good.code, good.stdout]).toEqual([0, `${file}\n  ok      it greets\n`]);
  await write(
    alone,
    "cases.test.yaml",
    `tests:
  - {name: nobody is greeted, expect: {refused: parameters_invalid}}
  - {name: it greets me, parameters: {to: you}, expect: {inputs: {look: {at: me}}}}
`,
  );
  const bad = await alone.run(["runbook", "test", file]);
  expect(bad.code).toBe(1);
  expect(bad.stdout).toContain('  FAILED  it greets me\n          inputs.look.at: expected "me", got "you"\n');
  expect(bad.stderr).toContain("3 cases: 2 passed, 1 failed.");
});

test("a file is published, its versions are listed and compared, and using a deprecated one is told", async () => {
  const one = await write(cli, "one.yaml", greet("1.0.0"));
  const two = await write(cli, "two.yaml", greet("2.0.0").replace("{type: text, help: Whom}", "{type: text, max: 5}"));
  expect((await cli.run(["runbook", "publish", one, two])).stdout).toMatch(
    /^shop.greet@1.0.0 {2}sha256:\w{64}\nshop.greet@2.0.0 {2}sha256:\w{64}\n$/,
  );
  const again = await cli.run(["runbook", "publish", await write(cli, "again.yaml", greet("1.0.0", "# changed\n"))]);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("code runbook_version_taken") });
  const versions = await cli.run(["runbook", "versions", "shop.greet"]);
  expect(versions.stdout).toMatch(/^2.0.0 \(current\)\t.*\n1.0.0\t.*\n$/);
  const local = await cli.run(["runbook", "diff", one, two]);
  expect(local.stdout).toContain("changed parameter to (breaking)\n");
  expect((await cli.run(["runbook", "diff", "shop.greet@1.0.0", "2.0.0"])).stdout).toBe(local.stdout);
  await cli.run(["runbook", "deprecate", "shop.greet@1.0.0", "--use", "shop.greet@2.0.0", "-r", "It greets too long."]);
  const used = await cli.run(["plan", "shop.greet@1.0.0", "-e", "dev", "-p", "to=you"]);
  expect(used.code).toBe(0);
  expect(used.stderr).toMatch(
    /shop.greet@1.0.0 is deprecated since .*: It greets too long. Use shop.greet@2.0.0 instead./,
  );
  expect((await cli.run(["runbooks", "list"])).stdout).toContain("shop.greet\t2.0.0\tpublished\tGreet\n");
});

test("docs and schema are printed without a server", async () => {
  const file = await write(alone, "docs.yaml", greet("1.0.0"));
  const docs = await alone.run(["runbook", "docs", file]);
  expect(docs.stdout).toContain("# Greet\n\n`shop.greet`, version 1.0.0.");
  expect(docs.stdout).toContain("| `to` | text | required | Whom |");
  const schema = JSON.parse((await alone.run(["runbook", "schema"])).stdout);
  expect(schema).toMatchObject({
    type: "object",
    properties: { steps: { type: "array" } },
    additionalProperties: false,
  });
});
