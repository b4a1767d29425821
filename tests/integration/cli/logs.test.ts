import { afterAll, beforeAll, expect, test } from "vitest";
import { createLogWriter } from "../../../platform/src/blobs/index.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

let api: TestApi;
let cli: TestCli;
let run: string;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  cli = await createTestCli({ url: api.url, key: api.key });
  run = (await cli.run(["run", "test.look", "-e", "dev"])).stdout.trim();
  const attempt = (await api.client.runs.get(run)).steps[0]?.attempts[0]?.id ?? "";
  const log = createLogWriter({
    pool: api.engine.db,
    store: api.blobs,
    schedule: () => () => undefined,
    org: api.org,
    run,
    attempt,
  });
  // A line, and an escape sequence in it, in two pieces.
  for (const piece of ["one\ntw", "o \u001b[3", "1mred\u001b[0m\n"]) await log.append("stdout", piece, Date.now());
  await log.append("stderr", "no line end", Date.now());
  await log.close();
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

test("in a pipe every line carries its step; pieces are put together and nothing can move the cursor", async () => {
  expect(await cli.run(["runs", "logs", run])).toMatchObject({
    code: 0,
    stdout: "look\tone\nlook\ttwo red\nlook\tno line end\n",
    stderr: "",
  });
});

test("of one step the lines come as they are", async () => {
  expect((await cli.run(["runs", "logs", run, "--step", "look"])).stdout).toBe("one\ntwo red\nno line end\n");
  const unknown = await cli.run(["runs", "logs", run, "--step", "nope"]);
  expect(unknown).toMatchObject({ code: 2, stdout: "" });
});

test("on a terminal a heading says which attempt follows and where it ran", async () => {
  const { stdout } = await cli.onTerminal(["runs", "logs", run], { env: { NO_COLOR: "1" } }).ended;
  expect(stdout.replaceAll("\r", "")).toMatch(/^look: run 1, on \S+\none\ntwo red\nno line end\n$/);
});

test("--follow of a run that has ended ends; as JSON lines they begin with the version", async () => {
  const { code, stdout } = await cli.run(["runs", "logs", run, "--follow", "--json"]);
  expect(code).toBe(0);
  const [opening, ...lines] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(opening).toEqual({ type: "gantry.stream", version: 1, stream: "logs", run });
  expect(lines[0]).toMatchObject({ step: "look", stream: "stdout" });
});
