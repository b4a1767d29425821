import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLogWriter } from "../../../platform/src/blobs/index.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

let api: TestApi;
let cli: TestCli;
let run: string;
let folder: string;

beforeAll(async () => {
  api = await startTestApi();
  folder = await mkdtemp(join(tmpdir(), "gantry-cli-logs-"));
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
  await rm(folder, { recursive: true });
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
  expect((await cli.run(["runs", "logs", run, "--tail", "1"])).stdout).toBe("look\ttwo red\nlook\tno line end\n");
  expect((await cli.run(["runs", "logs", run, "--step", "look", "--tail", "1"])).stdout).toBe("two red\nno line end\n");
  const unknown = await cli.run(["runs", "logs", run, "--step", "nope"]);
  expect(unknown).toMatchObject({ code: 2, stdout: "" });
});

test("on a terminal a heading says which attempt follows and where it ran", async () => {
  const { stdout } = await cli.onTerminal(["runs", "logs", run], { env: { NO_COLOR: "1" } }).ended;
  expect(stdout.replaceAll("\r", "")).toMatch(/^look: run 1, on \S+\none\ntwo red\nno line end\n$/);
});

test("what steps kept is listed, and one of them is written to a new file", async () => {
  expect(await cli.run(["runs", "artifacts", run])).toMatchObject({
    code: 0,
    stdout: "",
    stderr: "The run kept no files.\n",
  });
  const { digest } = await api.blobs.put(api.org, Buffer.from("evidence"), { purpose: "artifact" });
  const report = { $artifact: digest, name: "re\u001b[31mport", bytes: 8, contentType: "text/plain" };
  await api.engine.admin.query(
    `UPDATE events SET data = replace(data::text, '"output":{', $2)::json WHERE run_id = $1 AND type = 'attempt.succeeded'`,
    [run, `"output":{"report":${JSON.stringify(report)},`],
  );
  const { stdout } = await cli.run(["runs", "artifacts", run]);
  expect(stdout).toMatch(new RegExp(`^report\\tlook\\ttext/plain\\t8\\t${digest}\n$`));
  const file = join(folder, "report");
  const kept = await cli.run(["runs", "artifacts", run, "--get", digest, "-o", file]);
  expect(kept).toMatchObject({ code: 0, stdout: "" });
  expect(await readFile(file, "utf8")).toBe("evidence");
  expect(await cli.run(["runs", "artifacts", run, "--get", "nothing", "-o", `${file}2`])).toMatchObject({ code: 2 });
  expect(await cli.run(["runs", "artifacts", run, "--get", digest])).toMatchObject({ code: 2 });
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
